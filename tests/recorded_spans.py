"""Spans where a test can look at them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from framemesh.core.clock import Clock, SystemClock
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.tracing.span import Span
from framemesh.runtime.tracing.span_sink import NO_SPANS
from framemesh.worker.tracing.frame_tracing import FrameTracing


@dataclass
class RecordedSpans:
    """Implements SpanSink."""

    active: bool = True
    dropped: int = 0
    spans: list[Span] = field(default_factory=list)

    def export(self, spans: Sequence[Span]) -> None:
        self.spans += spans

    def take(self) -> list[Span]:
        """Those since the last call."""
        taken, self.spans = self.spans, []
        return taken


def untraced(clock: Clock | None = None) -> FrameTracing:
    """What a worker has where nobody collects traces."""
    spec = PipelineSpec("street", (StageSpec("people", "tiny"),))
    return FrameTracing(NO_SPANS, "w", spec, clock or SystemClock(), live=True)
