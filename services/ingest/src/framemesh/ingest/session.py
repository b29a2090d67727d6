"""One session of one camera: every frame that it offers is stored or refused, and answered."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.core.frame import Frame, FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.generation import Shard
from framemesh.ingest.backpressure_gate import BackpressureGates
from framemesh.ingest.errors import SessionProtocolViolation
from framemesh.ingest.frame_publisher import FramePublisher
from framemesh.ingest.frame_validation import FrameRejection, FrameValidator
from framemesh.ingest.latest_eviction import EvictionDeps
from framemesh.ingest.offers import AckBatch, CreditLimit, OfferedFrame, RejectedFrame
from framemesh.ingest.pipeline_snapshot import PipelineSnapshot
from framemesh.ingest.pipeline_snapshots import PipelineSnapshots
from framemesh.runtime.concurrency.run_until import cancel_when
from framemesh.runtime.concurrency.window import Window
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.plane import Sink
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter, RetryPolicy
from framemesh.runtime.messages import acceptance_message, outcome_message
from framemesh.runtime.messages.acceptance_message import Acceptance, ranges_of
from framemesh.runtime.rpc.draining import ServerDraining

BATCH_WINDOW_SECONDS = 0.05
"""Frames that settle within this time share an answer, which costs ingest, its camera, the broker
and the monitor about as much as a frame. A frame is as safe before its answer as after it."""


@dataclass(frozen=True, slots=True)
class SessionDeps:
    """What all sessions of an ingest share."""

    pipelines: PipelineSnapshots
    sink: Sink
    gates: BackpressureGates
    eviction: EvictionDeps
    validator: FrameValidator
    name: str
    """Of this ingest, in the outcomes that it seals."""
    clock: Clock
    leaving: asyncio.Event
    """Set when this ingest goes: sessions then take no more frames."""


@dataclass(frozen=True, slots=True)
class _Settled:
    """A frame that is stored, or whose refusal is."""

    sequence: int
    size: int
    rejection: FrameRejection | None


class IngestSession:
    """One session of one camera in one pipeline."""

    def __init__(
        self,
        pipeline: PipelineSnapshot,
        camera: str,
        session: str,
        to: SessionDeps,
        credit: CreditLimit,
    ) -> None:
        self._pipeline = pipeline
        self._camera = camera
        self._session = session
        self._deps = to
        self._publisher = FramePublisher(pipeline, to.gates, to.eviction)
        self._ledger = ReliableWriter(to.sink, RetryPolicy(pipeline.check_stream))
        self._last = 0
        self._unanswered = Window(credit.frames, credit.bytes)
        self._settled: list[_Settled] = []
        self._settled_bytes = 0
        self._credit = credit
        self._news = asyncio.Event()
        self._enough = asyncio.Event()
        self._complete = False
        self._refused: FramemeshError | None = None

    async def run(
        self, offered: AsyncIterator[OfferedFrame], answer: Callable[[AckBatch], Awaitable[None]]
    ) -> None:
        """Take frames until there are no more, and return when each of them is answered.

        The next frame is not asked for while the credit is used up or the window is full: that
        holds back a camera that does not keep to its credit.

        Raises:
            PipelineUnknown: the pipeline was deleted meanwhile.
            PipelineChanged: its frames now go elsewhere, or in another order; what was taken before
                is answered, where its streams are still there.
            BrokerUnavailable: they are not, and it cannot be told why.
            ServerDraining: this ingest goes; what it took is answered.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._answer(answer))
            async with asyncio.TaskGroup() as storing:
                complete = await cancel_when(self._deps.leaving, self._take(offered, storing))
            self._complete = True
            self._news.set()
            self._enough.set()
        if not complete:
            raise ServerDraining
        if self._refused:
            raise self._refused

    async def _take(self, offered: AsyncIterator[OfferedFrame], storing: asyncio.TaskGroup) -> None:
        async for frame in offered:
            if self._pipeline.fault:
                # It is not answered, so the camera sends it again, in a session that fits.
                self._refused = self._pipeline.fault
                return
            self._check_order(frame)
            shard = self._publisher.shard(self._id(frame.sequence))
            size, window = len(frame.image), self._publisher.window(shard)
            await self._unanswered.acquire(size)
            await window.acquire(size)
            settling = self._settle(shard, frame)
            try:
                task = storing.create_task(settling)
            except RuntimeError:
                # Another frame failed, and the session with it.
                settling.close()
                window.release(size)
                raise
            # Not in the task: one that is cancelled before its first step has no `finally`.
            task.add_done_callback(partial(_release, window, size))

    def _check_order(self, frame: OfferedFrame) -> None:
        """Two frames of one number would be one to the broker, and the second lost."""
        if frame.sequence <= self._last:
            raise SessionProtocolViolation(
                f"sequence number {frame.sequence} after {self._last}: count upwards"
            )
        self._last = frame.sequence

    async def _settle(self, shard: Shard, offered: OfferedFrame) -> None:
        rejection = self._deps.validator.rejection(offered.image, offered.withheld_bytes)
        if rejection:
            await self._record(self._outcome(offered, rejection))
        else:
            await self._publisher.publish(shard, self._frame(offered))
        self._settled.append(_Settled(offered.sequence, len(offered.image), rejection))
        self._settled_bytes += len(offered.image)
        self._news.set()
        frames, size = self._credit.frames / 2, self._credit.bytes / 2
        if len(self._settled) >= frames or self._settled_bytes >= size:
            self._enough.set()

    async def _answer(self, answer: Callable[[AckBatch], Awaitable[None]]) -> None:
        """Answer all that is settled, together; more is settled while this is on its way."""
        while True:
            await self._news.wait()
            await self._gather()
            self._news.clear()
            settled, self._settled, self._settled_bytes = self._settled, [], 0
            if settled:
                found = _answer(settled)
                if found.accepted:
                    await self._record(self._acceptance(settled))
                await answer(found)
            for frame in settled:
                self._unanswered.release(frame.size)
            if self._complete and not self._news.is_set():
                return

    async def _gather(self) -> None:
        """Let more frames settle, to be answered together, while the camera has half its credit."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BATCH_WINDOW_SECONDS):
                await self._enough.wait()
        if not self._complete:
            self._enough.clear()

    async def _record(self, entry: OutboundMessage) -> None:
        """Write to the ledger, which is never full."""
        # A frame that is offered again may have the outcome from its first time.
        await self._ledger.write(entry)

    def _id(self, sequence: int) -> FrameId:
        return FrameId(self._camera, self._session, sequence)

    def _frame(self, offered: OfferedFrame) -> Frame:
        identity = self._id(offered.sequence)
        return Frame(identity, offered.captured_unix_nano, offered.image, offered.crc32)

    def _acceptance(self, settled: Sequence[_Settled]) -> OutboundMessage:
        accepted = [frame for frame in settled if frame.rejection is None]
        acceptance = Acceptance(
            self._camera,
            self._session,
            ranges_of(frame.sequence for frame in accepted),
            sum(frame.size for frame in accepted),
        )
        return acceptance_message.to_message(self._pipeline.name, acceptance)

    def _outcome(self, offered: OfferedFrame, rejection: FrameRejection) -> OutboundMessage:
        return outcome_message.to_message(
            Outcome(
                frame=self._id(offered.sequence),
                pipeline=self._pipeline.name,
                fate=Fate.REJECTED,
                captured_unix_nano=offered.captured_unix_nano,
                completed_unix_nano=self._deps.clock.unix_nano(),
                completed_by=self._deps.name,
                reason=rejection.reason.value,
                detail=rejection.message,
                attempts=0,
            )
        )


def _release(window: Window, size: int, _: asyncio.Task[None]) -> None:
    window.release(size)


def _answer(settled: Sequence[_Settled]) -> AckBatch:
    return AckBatch(
        tuple(frame.sequence for frame in settled if frame.rejection is None),
        tuple(
            RejectedFrame(frame.sequence, frame.rejection) for frame in settled if frame.rejection
        ),
    )
