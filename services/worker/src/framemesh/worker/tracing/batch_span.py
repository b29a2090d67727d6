"""The span of one request to Triton, which belongs to all frames that are in it."""

from framemesh.core.clock import NANO, Clock
from framemesh.runtime.tracing import attributes, services
from framemesh.runtime.tracing.span import Span, SpanKind
from framemesh.worker.tracing.batch_record import BatchRecord


def batch_span(batch: BatchRecord, clock: Clock) -> Span:
    """Linked to the spans of its frames that are traced. `clock`: that of its frames."""
    epoch = clock.unix_nano() - round(clock.monotonic() * NANO)
    answered = batch.sent if batch.answered is None else batch.answered
    return Span(
        f"infer {batch.stage}",
        services.WORKER,
        batch.context,
        epoch + round(batch.sent * NANO),
        epoch + round(answered * NANO),
        kind=SpanKind.CLIENT,
        attributes={
            attributes.STAGE: batch.stage,
            attributes.ROWS: batch.rows,
            attributes.BATCH_COUNT: batch.frames,
        },
        links=tuple(batch.links),
        error=batch.error,
    )
