"""Which cameras are listed, and in which order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from framemesh.cli.top.cameras import CameraRow
from framemesh.cli.top.pipelines import PipelineRow

MAX_ROWS = 200
"""On the screen: more is nothing that anybody scrolls through; a filter finds the others."""


class Order(Enum):
    """By what the cameras are sorted; most comes first, names by the alphabet."""

    WORST = "the worst first"
    NAME = "by name"
    RATE = "by frames a second"
    PENDING = "by pending frames"
    DEAD = "by dead frames"

    @property
    def next(self) -> "Order":
        orders = list(Order)
        return orders[(orders.index(self) + 1) % len(orders)]


_KEYS: dict[Order, Callable[[CameraRow], tuple[Any, ...]]] = {
    Order.WORST: lambda row: tuple(-each for each in row.badness),
    Order.NAME: lambda _: (),
    Order.RATE: lambda row: (-row.offered_per_second,),
    Order.PENDING: lambda row: (-row.ledger.pending,),
    Order.DEAD: lambda row: (-row.ledger.dead,),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose with the keys."""

    order: Order = Order.WORST
    text: str = ""
    """Part of a camera's name or of its pipeline's; empty: all."""

    def sorted_next(self) -> "Choice":
        return replace(self, order=self.order.next)

    def filtered(self, text: str) -> "Choice":
        return replace(self, text=text.strip().lower())

    def of(self, cameras: Sequence[CameraRow]) -> list[CameraRow]:
        """The cameras that are chosen, in their order; not cut to MAX_ROWS."""
        chosen = (row for row in cameras if self._has(row))
        return sorted(
            chosen, key=lambda row: (*_KEYS[self.order](row), row.ledger.camera, row.pipeline)
        )

    def pipelines(self, rows: Sequence[PipelineRow]) -> list[PipelineRow]:
        """Those whose name has the text, or all if none has it; the worst first."""
        named = [row for row in rows if self.text in row.name.lower()]
        return sorted(named or rows, key=lambda row: (*(not bad for bad in row.badness), row.name))

    def _has(self, row: CameraRow) -> bool:
        return self.text in row.ledger.camera.lower() or self.text in row.pipeline.lower()
