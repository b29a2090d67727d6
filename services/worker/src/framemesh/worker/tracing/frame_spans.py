"""The spans of one frame in one worker, made of the times that its context has."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from framemesh.core.clock import NANO
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.tracing.frame_trace import FrameSpan, PassedOnTrace
from framemesh.core.tracing.trace_context import TRACEPARENT, TraceContext
from framemesh.runtime.messages.subjects import ledger_stream, runs_stream
from framemesh.runtime.tracing import attributes, services
from framemesh.runtime.tracing.attributes import of_frame, of_message
from framemesh.runtime.tracing.early_hops import Arrival, dwell, early_hops, root
from framemesh.runtime.tracing.span import AttributeValue, Span, SpanKind, new_span_id
from framemesh.worker.intake.in_flight import InFlightFrame

MAX_REQUESTS = 16
"""To Triton that get spans of their own: a frame with a hundred crops has a hundred, all alike."""


class FrameSpans:
    """Makes the spans of a frame that is traced."""

    def __init__(
        self, pipeline: str, in_flight: InFlightFrame, worker: str, passed_on: PassedOnTrace
    ) -> None:
        context = in_flight.context
        self._pipeline = pipeline
        self._context = context
        self._message = in_flight.message
        self._source = in_flight.source
        self._worker = worker
        self._passed_on = passed_on
        self._trace = passed_on.trace
        self._process = self._new_context()
        self._store = self._new_context()
        clock = context.clock
        self._epoch = clock.unix_nano() - round(clock.monotonic() * NANO)
        """Of the monotonic clock, in Unix nanoseconds."""
        self._own = of_frame(pipeline, context.frame.id)

    @property
    def headers(self) -> Mapping[str, str]:
        """Of the outcome, by which those who read it know of the trace."""
        return {TRACEPARENT: str(self._store)}

    def completed(self, outcome: Outcome, *, whole: bool) -> list[Span]:
        """Its outcome is stored, and it is acked.

        Args:
            whole: whether the frame ends with that, so that it can be told of as a whole.
        """
        now = self._now()
        error = f"{outcome.reason}: {outcome.detail}" if outcome.fate is Fate.DEAD else ""
        stored_in = (runs_stream if outcome.run else ledger_stream)(self._pipeline)
        spans = [
            self._dwell(),
            self._processing(now, _of_outcome(outcome), error),
            *self._parts(outcome.completed_unix_nano),
            Span(
                f"store {stored_in}",
                services.WORKER,
                self._store,
                outcome.completed_unix_nano,
                now,
                self._process.span_id,
                SpanKind.PRODUCER,
                {**self._own, **of_message("publish", "send", stored_in)},
            ),
        ]
        if whole:
            arrival = self._arrival()
            early = [] if self._passed_on.begun else early_hops(self._trace, arrival)
            spans += [root(self._trace, arrival, now, _of_outcome(outcome), error), *early]
        return spans

    def abandoned(self, error: str) -> list[Span]:
        """It is given back, and comes again."""
        now = self._now()
        return [self._dwell(), self._processing(now, {}, error), *self._parts(now)]

    def _dwell(self) -> Span:
        return dwell(self._trace, self._arrival(), self._unix(self._context.timings.received))

    def _processing(self, end: int, extra: Mapping[str, AttributeValue], error: str) -> Span:
        context, stream = self._context, self._source.stream
        found: dict[str, AttributeValue] = {
            **self._own,
            **of_message("process", "process", stream, context.frame),
            attributes.CONSUMER: self._source.consumer,
            attributes.DELIVERY: self._message.attempt,
            attributes.WORKER: self._worker,
            **extra,
        }
        if context.failure is not None:
            found[attributes.FAILURE] = str(context.failure)
        return Span(
            f"process {stream}",
            services.WORKER,
            self._process,
            self._unix(context.timings.received),
            end,
            self._trace.span_id(FrameSpan.PUBLISH),
            SpanKind.CONSUMER,
            found,
            error=error,
        )

    def _parts(self, end: int) -> Iterator[Span]:
        """What was done with it, until its outcome was made."""
        times = self._context.timings
        turn = times.began or times.dispatched
        yield self._part("queue", self._unix(times.received), self._unix(turn) if turn else end)
        if times.began is not None and times.decoded is not None:
            yield self._part("decode", self._unix(times.began), self._unix(times.decoded))
        yield from self._requests(end)
        if times.answered is not None:
            yield self._part("outcome", self._unix(times.answered), end)

    def _requests(self, end: int) -> Iterator[Span]:
        for batch, queued in islice(self._context.requests, MAX_REQUESTS):
            stage = {attributes.STAGE: batch.stage}
            sent = self._unix(batch.sent)
            yield self._part("batch", self._unix(queued), sent, stage)
            answered = end if batch.answered is None else self._unix(batch.answered)
            asked = self._part(
                "triton",
                sent,
                answered,
                {**stage, attributes.ROWS: batch.rows},
                kind=SpanKind.CLIENT,
                links=(batch.context,),
                error=batch.error,
            )
            batch.links.append(asked.context)
            yield asked

    def _part(
        self,
        name: str,
        start: int,
        end: int,
        extra: Mapping[str, AttributeValue] | None = None,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        links: Sequence[TraceContext] = (),
        error: str = "",
    ) -> Span:
        return Span(
            name,
            services.WORKER,
            self._new_context(),
            start,
            end,
            self._process.span_id,
            kind,
            {**self._own, **(extra or {})},
            tuple(links),
            error,
        )

    def _arrival(self) -> Arrival:
        stored = self._message.stored_unix_nano
        return Arrival(self._pipeline, self._context.frame, self._source.stream, 0, stored)

    def _new_context(self) -> TraceContext:
        return TraceContext(self._passed_on.trace.trace_id, new_span_id())

    def _unix(self, monotonic: float) -> int:
        return self._epoch + round(monotonic * NANO)

    def _now(self) -> int:
        return self._context.clock.unix_nano()


def _of_outcome(outcome: Outcome) -> dict[str, AttributeValue]:
    age = outcome.completed_unix_nano - outcome.captured_unix_nano
    found: dict[str, AttributeValue] = {
        attributes.FATE: outcome.fate.value,
        attributes.AGE_MS: round(age / 1e6, 3),
        attributes.ATTEMPTS: outcome.attempts,
        attributes.REVISION: outcome.revision,
    }
    if outcome.reason:
        found |= {attributes.REASON: outcome.reason, attributes.DETAIL: outcome.detail}
    if outcome.run:
        found[attributes.RUN] = outcome.run
    return found
