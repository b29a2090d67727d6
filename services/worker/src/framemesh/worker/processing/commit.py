"""Completes frames: the outcome of each is stored, then it is acked."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from framemesh.core.errors import FramemeshError
from framemesh.core.outcome import Fate, Outcome
from framemesh.runtime.dataplane.data_plane import PromptSink
from framemesh.runtime.dataplane.errors import PublishRefused
from framemesh.runtime.dataplane.reliable_writer import UNTIL_STOPPED, ReliableWriter
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import dead_letter_message, outcome_message
from framemesh.worker.frame_context import telling_of
from framemesh.worker.intake.in_flight import InFlightFrame
from framemesh.worker.off_loop import FEW_DETECTIONS, off_loop
from framemesh.worker.processing.outcomes import OutcomeFactory
from framemesh.worker.tracing.frame_spans import FrameSpans
from framemesh.worker.tracing.frame_tracing import FrameTracing

log = get_logger()

NO_HEADERS: Mapping[str, str] = {}

RETRY_SECONDS = 1.0
"""Before a frame whose outcome cannot be stored is delivered again, here or elsewhere."""


Completed = tuple[InFlightFrame, Outcome]
"""A frame, and what is to be stored of it."""


class OutcomeCommitter:
    """The only one that writes the outcomes of frames, and the only one that acks them."""

    def __init__(
        self,
        sink: PromptSink,
        outcomes: OutcomeFactory,
        tracing: FrameTracing,
        completed: Callable[[Outcome], None] = lambda _: None,
    ) -> None:
        """`completed` gets each outcome that was stored, and is the first of its frame."""
        self._sink = sink
        self._writer = ReliableWriter(sink, UNTIL_STOPPED)
        self._outcomes = outcomes
        self._tracing = tracing
        self._completed = completed

    def prompt(self, in_flight: InFlightFrame, outcome: Outcome) -> bool:
        """Whether nothing but the broker's answer is to be waited for: such frames can be committed
        together."""
        return (
            outcome.fate is not Fate.DEAD
            and len(outcome.detections) <= FEW_DETECTIONS
            and (in_flight.slot is None or in_flight.slot.is_reached)
        )

    async def commit_together(self, completed: Sequence[Completed]) -> None:
        """As `commit`, of frames that are all prompt: their outcomes are on their way at once. One
        for which that fails, for whatever reason, is committed by itself."""
        begun = [self._begin(*each) for each in completed]
        try:
            for each in begun:
                await self._finish(each)
        finally:
            # Only where it was cancelled is there anything left of them.
            for each in begun:
                if each.answer is not None:
                    each.answer.cancel()

    async def commit(self, in_flight: InFlightFrame, outcome: Outcome) -> None:
        """Store the outcome of a frame, after those of the frames before it, and ack the frame.

        Blocks while the ledger is away or full, without a bound: a frame has no other end.

        Killed halfway, the frame goes to another worker, which does all of it again; each step is
        stored once. A frame whose lease was lost is left alone: those before it may not be
        completed. One whose outcome cannot be stored is given back.
        """
        try:
            if in_flight.slot:
                await in_flight.slot.reached()
            if not in_flight.source.lost:
                await self._store(in_flight, outcome)
        except Exception as error:  # noqa: BLE001  the frame comes again
            await self.abandon(in_flight, error)

    async def abandon(self, in_flight: InFlightFrame, error: Exception) -> None:
        """Give a frame back that cannot be completed, so that it is delivered again."""
        with telling_of(in_flight.context):
            log.error("frame is not completed", frame=str(in_flight.frame.id), exc_info=error)
        await in_flight.message.nak(RETRY_SECONDS)
        self._tracing.abandoned(in_flight, error)

    def settled(self, in_flight: InFlightFrame) -> None:
        """Nothing more comes of a frame here, whatever became of it."""
        self._tracing.settled(in_flight.context)

    def _begin(self, in_flight: InFlightFrame, outcome: Outcome) -> "_Begun":
        traced, answer = None, None
        # `commit` meets the same fault, and tells it.
        with contextlib.suppress(Exception):
            if not in_flight.source.lost:
                traced = self._tracing.begin(in_flight, outcome)
                headers = traced.headers if traced else NO_HEADERS
                answer = self._sink.begin_store(outcome_message.to_message(outcome, headers))
        return _Begun(in_flight, outcome, traced, answer)

    async def _finish(self, begun: "_Begun") -> None:
        if not await _is_stored(begun.answer):
            # Whatever it was, to store it again is safe.
            await self.commit(begun.in_flight, begun.outcome)
            return
        try:
            self._completed(begun.outcome)
            await self._ack(begun.in_flight, begun.outcome, begun.traced, first=True)
        except Exception as error:  # noqa: BLE001  the frame comes again
            await self.abandon(begun.in_flight, error)

    async def _store(self, in_flight: InFlightFrame, outcome: Outcome) -> None:
        try:
            await self._complete(in_flight, outcome)
        except PublishRefused as error:
            dead = self._outcomes.dead(
                in_flight.context, "outcome_refused", str(error), outcome.attempts
            )
            await self._complete(in_flight, dead)

    async def _complete(self, in_flight: InFlightFrame, outcome: Outcome) -> None:
        traced = self._tracing.begin(in_flight, outcome)
        first = await self._write(in_flight, outcome, traced.headers if traced else NO_HEADERS)
        await self._ack(in_flight, outcome, traced, first=first)

    async def _ack(
        self, in_flight: InFlightFrame, outcome: Outcome, traced: FrameSpans | None, *, first: bool
    ) -> None:
        await in_flight.message.ack()
        in_flight.context.mark_committed()
        if traced:
            self._tracing.completed(traced, outcome, first=first)

    async def _write(
        self, in_flight: InFlightFrame, outcome: Outcome, headers: Mapping[str, str]
    ) -> bool:
        """Whether it had no outcome before."""
        if outcome.fate is Fate.DEAD and not outcome.run:
            # The dead letter first, so that the outcome never exists without it. Of other runs than
            # the live one there is none: what cameras sent is not dead for that.
            letter = dead_letter_message.DeadLetter.of(in_flight.frame, outcome)
            await self._writer.write(dead_letter_message.to_message(outcome.pipeline, letter))
        encode = partial(outcome_message.to_message, outcome, headers)
        message = await off_loop(encode, len(outcome.detections))
        first = await self._writer.write(message)
        if first:
            self._completed(outcome)
        else:
            log.info("frame already had its outcome", frame=str(outcome.frame))
        return first


@dataclass(frozen=True, slots=True)
class _Begun:
    """An outcome on its way to the ledger."""

    in_flight: InFlightFrame
    outcome: Outcome
    traced: FrameSpans | None
    answer: asyncio.Future[int | None] | None
    """None: it could not be sent, or not without waiting."""


async def _is_stored(answer: asyncio.Future[int | None] | None) -> bool:
    if answer is None:
        return False
    try:
        await answer
    except FramemeshError:
        return False
    return True
