"""Puts the frames of one session that are settled on record, and answers its camera."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from framemesh.ingest.acknowledging.acceptance_recorder import AcceptanceRecorder
from framemesh.ingest.acknowledging.rounds import AcknowledgementRounds
from framemesh.ingest.frame_validation import FrameRejection
from framemesh.ingest.measurements import IngestMeasurements
from framemesh.ingest.offers import AckBatch, CreditLimit, OfferedFrame, RejectedFrame
from framemesh.runtime.concurrency.window import Window
from framemesh.runtime.messages.acceptance_message import Acceptance, ranges_of


@dataclass(frozen=True, slots=True)
class AcknowledgingDeps:
    """What all sessions of an ingest share."""

    rounds: AcknowledgementRounds
    recorder: AcceptanceRecorder
    measurements: IngestMeasurements


@dataclass(frozen=True, slots=True)
class Session:
    """Whose frames they are."""

    pipeline: str
    camera: str
    id: str


@dataclass(frozen=True, slots=True)
class _Settled:
    """A frame that is stored, or whose rejection is on record."""

    sequence: int
    size: int
    rejection: FrameRejection | None
    filtered: int = 0
    """Frames that it stands for, if the camera's filter dropped it."""


class Acknowledger:
    """What of one session is settled, until its camera knows."""

    def __init__(self, session: Session, credit: CreditLimit, deps: AcknowledgingDeps) -> None:
        self._session = session
        self._credit = credit
        self._deps = deps
        self.unacknowledged = Window(credit.frames, credit.bytes)
        """A frame takes its place here before it is stored."""
        self._settled: list[_Settled] = []
        self._settled_bytes = 0
        self._any_settled = asyncio.Event()
        self._turn: asyncio.Future[None] | None = None
        """Done when what is settled is to be acknowledged."""
        self._no_more = False

    def add(self, offered: OfferedFrame, rejection: FrameRejection | None) -> None:
        """A frame is stored, or rejected."""
        size = len(offered.image)
        self._settled.append(_Settled(offered.sequence, size, rejection, offered.filtered))
        self._settled_bytes += size
        self._any_settled.set()
        self._end_turn_if_due()

    def end(self) -> None:
        """No further frame will be added."""
        self._no_more = True
        self._any_settled.set()
        self._end_turn_if_due()

    async def run(self, send: Callable[[AckBatch], Awaitable[None]]) -> None:
        """Acknowledge all that is settled in one batch, while the next batch fills. Returns when
        all is acknowledged, and no more will be added.

        Args:
            send: sends an acknowledgement to the camera.

        Raises:
            PipelineUnknown, PublishRefused, NotPermitted: as AcceptanceRecorder.record.
        """
        while True:
            await self._any_settled.wait()
            await self._next_turn()
            self._any_settled.clear()
            settled, self._settled, self._settled_bytes = self._settled, [], 0
            if settled:
                await self._record(settled)
                await send(_ack_batch(settled))
            for frame in settled:
                self.unacknowledged.release(frame.size)
            if self._no_more and not self._any_settled.is_set():
                return

    async def _record(self, settled: Sequence[_Settled]) -> None:
        acceptance = self._acceptance(settled)
        if acceptance.ranges or acceptance.filtered:
            await self._deps.recorder.record(self._session.pipeline, acceptance)
        if filtered := sum(frame.filtered for frame in settled):
            self._deps.measurements.filtered(self._session.pipeline, filtered)

    async def _next_turn(self) -> None:
        """Wait for more frames to be settled, while the camera has half its credit left."""
        if not self._is_due:
            self._turn = self._deps.rounds.join()
            await self._turn

    @property
    def _is_due(self) -> bool:
        """Whether what is settled cannot wait for others."""
        return (
            self._no_more
            or len(self._settled) >= self._credit.frames / 2
            or self._settled_bytes >= self._credit.bytes / 2
        )

    def _end_turn_if_due(self) -> None:
        if self._turn is not None and not self._turn.done() and self._is_due:
            self._turn.set_result(None)

    def _acceptance(self, settled: Sequence[_Settled]) -> Acceptance:
        accepted = [frame for frame in settled if frame.rejection is None]
        return Acceptance(
            self._session.camera,
            self._session.id,
            ranges_of(frame.sequence for frame in accepted),
            sum(frame.size for frame in accepted),
            tuple(
                (frame.sequence - frame.filtered + 1, frame.sequence)
                for frame in settled
                if frame.filtered
            ),
        )


def _ack_batch(settled: Sequence[_Settled]) -> AckBatch:
    return AckBatch(
        tuple(frame.sequence for frame in settled if frame.rejection is None),
        tuple(
            RejectedFrame(frame.sequence, frame.rejection) for frame in settled if frame.rejection
        ),
    )
