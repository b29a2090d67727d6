"""Sends results in units, several at once, none again that has arrived."""

from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeAlias

from framemesh.core.frame import FrameId
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.logs import get_logger
from framemesh.sink.errors import ResultsRefused, TargetTrouble
from framemesh.sink.intake.result import Result

log = get_logger()

Unit: TypeAlias = tuple[Result, ...]
"""Results that are sent together."""

_Key = tuple[str, str, int, int]

REFUSALS = 5
"""Of one result, after which it is left out: some 10 s, in which a server that is being deployed
takes it after all."""


class Deliveries:
    """The units of one flush. Those that arrived are known until all have: a flush that failed is
    tried again with the same results, and sends the others alone.

    A unit that is refused for what is in it is sent in halves. A single result is left out after
    REFUSALS, but only where the target took others meanwhile, or since one was left out last: a
    target that refuses all has a fault of its own, which is waited out.
    """

    def __init__(self, in_flight: int, sink: str) -> None:
        """`in_flight`: how many are under way at once; with 1 they arrive in order."""
        self.refused = 0
        """Results that were left out."""
        self._in_flight = in_flight
        self._sink = sink
        self._arrived: set[_Key] = set()
        self._left_out: set[_Key] = set()
        self._halved: set[_Key] = set()
        self._refusals: dict[_Key, int] = {}
        self._takes_others = False

    async def send_all(
        self, units: Sequence[Unit], send: Callable[[Unit], Awaitable[None]]
    ) -> None:
        """Return when all have arrived, or were left out.

        Raises:
            TargetTrouble: the first of those that `send` raised; no others are begun after it,
                unless only one result was refused, and those that are under way are waited for.
        """
        left = deque(
            part
            for unit in units
            for part in self._parts(unit)
            if _key(part) not in self._arrived | self._left_out
        )
        troubles: list[TargetTrouble] = []
        async with TaskGroup() as tasks:
            for _ in range(min(self._in_flight, len(left))):
                tasks.create_task(self._work(left, send, troubles))
        if troubles:
            raise troubles[0]
        if self._left_out and not self._arrived:
            self._takes_others = False
        for of_this_flush in (self._arrived, self._left_out, self._halved, self._refusals):
            of_this_flush.clear()

    async def _work(
        self,
        left: deque[Unit],
        send: Callable[[Unit], Awaitable[None]],
        troubles: list[TargetTrouble],
    ) -> None:
        while left and not self._stops(troubles):
            unit = left.popleft()
            try:
                await send(unit)
            except ResultsRefused as error:
                if len(unit) > 1:
                    self._halved.add(_key(unit))
                    left.extendleft(reversed(_halves(unit)))
                elif not self._leaves_out(unit, error):
                    troubles.append(error)
            except TargetTrouble as error:
                troubles.insert(0, error)
            else:
                self._arrived.add(_key(unit))
                self._takes_others = True

    def _stops(self, troubles: Sequence[TargetTrouble]) -> bool:
        """Whether no other unit is begun: where one result is refused, others may be taken."""
        if self._in_flight == 1:
            return bool(troubles)
        return any(not isinstance(each, ResultsRefused) for each in troubles)

    def _leaves_out(self, unit: Unit, error: ResultsRefused) -> bool:
        key = _key(unit)
        self._refusals[key] = self._refusals.get(key, 0) + 1
        if self._refusals[key] < REFUSALS or not self._takes_others:
            return False
        self._left_out.add(key)
        self.refused += 1
        log.warning(
            "a result is left out, as the target takes others and not this one",
            sink=self._sink,
            frame=str(FrameId(*key[:3])),
            why=str(error),
        )
        return True

    def _parts(self, unit: Unit) -> Iterator[Unit]:
        """The unit, or what was sent in place of it."""
        if _key(unit) not in self._halved:
            yield unit
            return
        for half in _halves(unit):
            yield from self._parts(half)


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


def _halves(unit: Unit) -> tuple[Unit, Unit]:
    middle = len(unit) // 2
    return unit[:middle], unit[middle:]


def _key(unit: Unit) -> _Key:
    first = unit[0].outcome.frame
    return first.camera, first.session, first.sequence, len(unit)
