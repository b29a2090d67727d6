"""The contract of a writer; tests/integration/sink/test_every_kind.py holds every kind to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from framemesh.sink.intake.result import Result


@dataclass(frozen=True, slots=True)
class FlushPolicy:
    """When what was written has to be made durable: whichever comes first. Until then the results
    are kept in memory, and come again if the process is killed."""

    results: int
    bytes: int
    seconds: float
    """After the first of them was written; 0: at once."""


AT_ONCE = FlushPolicy(results=256, bytes=4 * 1024 * 1024, seconds=0)
"""Of a writer whose results are durable as soon as they are written."""


class Writer(Protocol):
    """Writes the results of one sink, in order.

    Its methods are called one after the other, by one task. They do not block the event loop. Each
    may raise TargetTrouble; then `abandon` is called, and after a pause what was not flushed is
    written again. Cancelled, nothing is promised of what was not flushed.
    """

    @property
    def policy(self) -> FlushPolicy: ...

    @property
    def missing(self) -> int:
        """Results that were written without their picture, as that was gone."""
        ...

    @property
    def refused(self) -> int:
        """Results that were left out, as the target takes others and not these."""
        ...

    async def open(self) -> None:
        """Get ready to write; what an earlier process left half done is repaired or removed."""
        ...

    async def write(self, results: Sequence[Result]) -> None:
        """Take results; they need not be durable when it returns."""
        ...

    async def flush(self) -> None:
        """Return when all that was taken is durable where it is written to: a result is not
        delivered again after this."""
        ...

    async def abandon(self) -> None:
        """Forget what was taken and not flushed."""
        ...

    async def rest(self) -> None:
        """Called about once a second while nothing is to be written: what is due is done."""
        ...

    async def close(self) -> None:
        """Give up what it holds, after the last flush; never raises."""
        ...
