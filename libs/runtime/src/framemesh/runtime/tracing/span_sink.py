"""The port through which spans leave a service."""

from collections.abc import Sequence
from typing import Protocol

from framemesh.runtime.tracing.span import Span


class SpanSink(Protocol):
    """Takes spans that have ended. No method blocks, or raises, whatever becomes of them."""

    @property
    def active(self) -> bool:
        """Whether anybody wants spans. Without, none should be made: it costs nothing then."""
        ...

    @property
    def dropped(self) -> int:
        """Spans that were not sent and never will be."""
        ...

    def export(self, spans: Sequence[Span]) -> None:
        """Send them some time soon. Those that find no room are dropped."""
        ...


class NoSpans:
    """Nobody wants spans."""

    active = False
    dropped = 0

    def export(self, spans: Sequence[Span]) -> None:
        pass


NO_SPANS: SpanSink = NoSpans()
