"""Which frames of a worker are traced, and where their spans go."""

from framemesh.core.clock import NANO, Clock
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.tracing.frame_trace import passed_on_trace
from framemesh.runtime.tracing.span_sink import SpanSink
from framemesh.runtime.tracing.trace_limit import (
    FAILED_PER_SECOND,
    LATE_PER_SECOND,
    TraceLimit,
)
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.intake.in_flight import InFlightFrame
from framemesh.worker.tracing.batch_span import batch_span
from framemesh.worker.tracing.frame_spans import FrameSpans


class FrameTracing:
    """Decides at the end of each frame whether it is traced, and makes its spans then.

    Traced are those that ingest chose, and besides those that are dead, that failed or were
    delivered before, and that are older than the objective.
    """

    def __init__(
        self, spans: SpanSink, worker: str, spec: PipelineSpec, clock: Clock, *, live: bool
    ) -> None:
        """`live`: False for another run, which adds to the traces of others, and begins none."""
        self._spans = spans
        self._worker = worker
        self._pipeline = spec.name
        self._clock = clock
        self._live = live
        self._failures = TraceLimit(clock, "fail", FAILED_PER_SECOND)
        self._late = TraceLimit(clock, "are late", LATE_PER_SECOND)
        self.follow(spec)

    def follow(self, spec: PipelineSpec) -> None:
        """The pipeline was changed, and this worker goes on."""
        self._late_nano = round(spec.workers.objective.age_p99.total_seconds() * NANO)

    def begin(self, in_flight: InFlightFrame, outcome: Outcome) -> FrameSpans | None:
        """Before an outcome is stored: what makes the spans of its frame, if that is traced."""
        if not self._spans.active:
            return None
        # Nearly every frame has no headers, and nothing remarkable.
        context = in_flight.context
        if context.frame.headers:
            passed_on = passed_on_trace(self._pipeline, context.frame)
            if passed_on.sampled:
                return FrameSpans(self._pipeline, in_flight, self._worker, passed_on)
        if context.suspect or outcome.fate is Fate.DEAD:
            return self._remarkable(in_flight, self._failures)
        if outcome.completed_unix_nano - outcome.captured_unix_nano > self._late_nano:
            return self._remarkable(in_flight, self._late)
        return None

    def completed(self, traced: FrameSpans, outcome: Outcome, *, first: bool) -> None:
        """Its outcome is stored, and it is acked.

        Args:
            first: whether it had none before.
        """
        self._spans.export(traced.completed(outcome, whole=first and self._live))

    def abandoned(self, in_flight: InFlightFrame, error: Exception) -> None:
        """It is given back, and comes again."""
        if self._spans.active and self._live and self._failures.admits():
            self._spans.export(self._spans_of(in_flight).abandoned(repr(error)))

    def settled(self, context: FrameContext) -> None:
        """Nothing more comes of it here."""
        for batch, _ in context.requests:
            if batch.leave():
                self._spans.export([batch_span(batch, self._clock)])

    def _spans_of(self, in_flight: InFlightFrame) -> FrameSpans:
        passed_on = passed_on_trace(self._pipeline, in_flight.frame)
        return FrameSpans(self._pipeline, in_flight, self._worker, passed_on)

    def _remarkable(self, in_flight: InFlightFrame, limit: TraceLimit) -> FrameSpans | None:
        return self._spans_of(in_flight) if self._live and limit.admits() else None
