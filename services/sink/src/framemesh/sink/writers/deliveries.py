"""Sends results in units, several at once, none again that has arrived."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeAlias

from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.sink.errors import TargetTrouble
from framemesh.sink.intake.result import Result

Unit: TypeAlias = tuple[Result, ...]
"""Results that are sent together."""

_Key = tuple[str, str, int, int]


class Deliveries:
    """The units of one flush. Those that arrived are known until all have: a flush that failed is
    tried again with the same results, and sends the others alone."""

    def __init__(self, in_flight: int) -> None:
        """`in_flight`: how many are under way at once; with 1 they arrive in order."""
        self._in_flight = in_flight
        self._arrived: set[_Key] = set()

    async def send_all(
        self, units: Sequence[Unit], send: Callable[[Unit], Awaitable[None]]
    ) -> None:
        """Return when all have arrived.

        Raises:
            TargetTrouble: the first of those that `send` raised; no others are begun after it, and
                those that are under way are waited for.
        """
        left = iter([unit for unit in units if _key(unit) not in self._arrived])
        troubles: list[TargetTrouble] = []

        async def work(units: Iterator[Unit]) -> None:
            for unit in units:
                if troubles:
                    return
                try:
                    await send(unit)
                except TargetTrouble as error:
                    troubles.append(error)
                else:
                    self._arrived.add(_key(unit))

        async with TaskGroup() as tasks:
            for _ in range(min(self._in_flight, len(units))):
                tasks.create_task(work(left))
        if troubles:
            raise troubles[0]
        self._arrived.clear()


def units(results: Sequence[Result], count: int, size: int) -> list[Unit]:
    """In their order, each with at most `count` results and `size` bytes, or one that is larger."""
    found: list[Unit] = []
    unit: list[Result] = []
    for result in results:
        if unit and (len(unit) == count or sum(each.bytes for each in unit) + result.bytes > size):
            found.append(tuple(unit))
            unit = []
        unit.append(result)
    if unit:
        found.append(tuple(unit))
    return found


def _key(unit: Unit) -> _Key:
    first = unit[0].outcome.frame
    return first.camera, first.session, first.sequence, len(unit)
