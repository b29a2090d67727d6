"""One session of one camera: every frame that it offers is stored or rejected, and acknowledged."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.core.frame import Frame, FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.generation import Shard
from framemesh.core.tracing.frame_trace import frame_trace_id
from framemesh.ingest.acknowledging.acceptance_recorder import AcceptanceRecorder
from framemesh.ingest.acknowledging.rounds import AcknowledgementRounds
from framemesh.ingest.backpressure_gate import BackpressureGates
from framemesh.ingest.errors import SessionProtocolViolation
from framemesh.ingest.frame_publisher import FramePublisher
from framemesh.ingest.frame_tracing import FrameTracing, TracingDeps
from framemesh.ingest.frame_validation import FILTERED, FrameRejection, FrameValidator
from framemesh.ingest.hints.backlog_watch import BacklogWatch
from framemesh.ingest.latest_eviction import EvictionDeps
from framemesh.ingest.measurements import IngestMeasurements
from framemesh.ingest.offers import AckBatch, CreditLimit, OfferedFrame, RejectedFrame
from framemesh.ingest.pipeline_snapshot import PipelineSnapshot
from framemesh.ingest.pipeline_snapshots import PipelineSnapshots
from framemesh.runtime.concurrency.run_until import cancel_when
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.concurrency.window import Window
from framemesh.runtime.dataplane.data_plane import Sink
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter, RetryPolicy
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import outcome_message
from framemesh.runtime.messages.acceptance_message import Acceptance, ranges_of
from framemesh.runtime.messages.subjects import shard_stream
from framemesh.runtime.rpc.draining import ServerDraining

log = get_logger()


@dataclass(frozen=True, slots=True)
class SessionDeps:
    """What all sessions of an ingest share."""

    pipelines: PipelineSnapshots
    sink: Sink
    gates: BackpressureGates
    eviction: EvictionDeps
    validator: FrameValidator
    name: str
    """Of this ingest, in the outcomes that it writes."""
    clock: Clock
    measurements: IngestMeasurements
    backlogs: BacklogWatch
    draining: asyncio.Event
    """Set when this ingest is told to stop: sessions then take no more frames."""
    tracing: TracingDeps
    rounds: AcknowledgementRounds
    recorder: AcceptanceRecorder


@dataclass(frozen=True, slots=True)
class _Settled:
    """A frame that is stored, or whose rejection is on record."""

    sequence: int
    size: int
    rejection: FrameRejection | None
    filtered: int = 0
    """Frames that it stands for, if the camera's filter dropped it."""


class IngestSession:
    """One session of one camera in one pipeline."""

    def __init__(
        self,
        pipeline: PipelineSnapshot,
        camera: str,
        session: str,
        deps: SessionDeps,
        credit: CreditLimit,
    ) -> None:
        self._pipeline = pipeline
        self._camera = camera
        self._session = session
        self._deps = deps
        self._measured = deps.measurements.of(pipeline.name)
        self._publisher = FramePublisher(pipeline, deps.gates, deps.eviction)
        self._tracing = FrameTracing(pipeline, camera, session, deps.tracing)
        self._ledger = ReliableWriter(deps.sink, RetryPolicy(pipeline.check_stream))
        self._last_sequence = 0
        self._unacknowledged = Window(credit.frames, credit.bytes)
        self._settled: list[_Settled] = []
        self._settled_bytes = 0
        self._credit = credit
        self._any_settled = asyncio.Event()
        self._turn: asyncio.Future[None] | None = None
        """Done when what is settled is to be acknowledged."""
        self._all_received = False
        self._fault: FramemeshError | None = None

    async def run(
        self, offered: AsyncIterator[OfferedFrame], send: Callable[[AckBatch], Awaitable[None]]
    ) -> None:
        """Take frames until there are no more, and return when each of them is acknowledged.

        No frame is read while the credit is used up or the window is full: that holds back a camera
        that does not keep to its credit.

        Args:
            send: sends an acknowledgement to the camera.

        Raises:
            PipelineUnknown: the pipeline was deleted meanwhile.
            PipelineChanged: its frames now go to other streams, or in another order; what was taken
                before is acknowledged, where its streams still exist.
            BrokerUnavailable: they do not, and the pipeline cannot be read.
            ServerDraining: this ingest stops; what it took is acknowledged.
        """
        with self._measured.session(self._unacknowledged):
            all_received = await self._run(offered, send)
        if not all_received:
            raise ServerDraining
        if self._fault:
            raise self._fault

    async def _run(
        self, offered: AsyncIterator[OfferedFrame], send: Callable[[AckBatch], Awaitable[None]]
    ) -> bool:
        """Returns whether all that the camera sent was taken."""
        async with TaskGroup() as tasks:
            tasks.create_task(self._acknowledge(send))
            async with TaskGroup() as storing:
                all_received = await cancel_when(
                    self._deps.draining, self._receive(offered, storing)
                )
            self._all_received = True
            self._any_settled.set()
            self._end_turn_if_due()
        return all_received

    async def _receive(self, offered: AsyncIterator[OfferedFrame], storing: TaskGroup) -> None:
        async for frame in offered:
            if self._pipeline.fault:
                # It is not acknowledged, so the camera sends it again, in a session that fits.
                self._fault = self._pipeline.fault
                return
            self._check_order(frame)
            shard = self._publisher.shard(self._id(frame.sequence))
            size, window = len(frame.image), self._publisher.window(shard)
            await self._unacknowledged.acquire(size)
            self._measured.image_bytes.add(size)
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
        """Two frames of one number would be one message to the broker, and the second lost."""
        first = frame.first_sequence
        if first <= self._last_sequence:
            raise SessionProtocolViolation(
                f"sequence number {first} after {self._last_sequence}: count upwards"
            )
        self._last_sequence = frame.sequence

    async def _settle(self, shard: Shard, offered: OfferedFrame) -> None:
        if offered.filtered:
            self._settled.append(_Settled(offered.sequence, 0, FILTERED, offered.filtered))
            self._any_settled.set()
            return
        rejection = self._deps.validator.rejection(offered.image, offered.withheld_bytes)
        frame = self._frame(offered)
        if rejection:
            await self._reject(offered, rejection)
            self._tracing.rejected(frame, rejection.reason.value, rejection.message)
        else:
            await self._store(shard, frame)
        self._settled.append(_Settled(offered.sequence, len(offered.image), rejection))
        self._settled_bytes += len(offered.image)
        self._any_settled.set()
        self._end_turn_if_due()

    async def _store(self, shard: Shard, frame: Frame) -> None:
        began = self._deps.clock.monotonic()
        if traced := self._tracing.chosen(frame):
            await self._publisher.publish(shard, traced.frame)
            self._tracing.published(traced, shard_stream(shard))
        else:
            await self._publisher.publish(shard, frame)
        self._measured.store_seconds.observe(self._deps.clock.monotonic() - began)
        self._measured.accepted.add()

    async def _reject(self, offered: OfferedFrame, rejection: FrameRejection) -> None:
        outcome = self._outcome(offered, rejection)
        if await self._write_to_ledger(outcome_message.to_message(outcome)):
            self._deps.measurements.completed(outcome)
            self._measured.rejected.add()
            frame = self._id(offered.sequence)
            log.warning(
                "frame is rejected",
                frame=str(frame),
                trace=frame_trace_id(self._pipeline.name, frame),
                reason=rejection.reason.value,
                why=rejection.message,
            )

    async def _acknowledge(self, send: Callable[[AckBatch], Awaitable[None]]) -> None:
        """Acknowledge all that is settled in one batch; meanwhile the next batch fills."""
        while True:
            await self._any_settled.wait()
            await self._next_turn()
            self._any_settled.clear()
            settled, self._settled, self._settled_bytes = self._settled, [], 0
            if settled:
                batch = _ack_batch(settled)
                filtered = sum(frame.filtered for frame in settled)
                if batch.accepted or filtered:
                    acceptance = self._acceptance(settled)
                    await self._deps.recorder.record(self._pipeline.name, acceptance)
                if filtered:
                    self._deps.measurements.filtered(self._pipeline.name, filtered)
                await send(batch)
            for frame in settled:
                self._unacknowledged.release(frame.size)
            if self._all_received and not self._any_settled.is_set():
                return

    async def _next_turn(self) -> None:
        """Wait for more frames to be settled, while the camera has half its credit left."""
        if not self._is_due:
            self._turn = self._deps.rounds.join()
            await self._turn

    @property
    def _is_due(self) -> bool:
        """Whether what is settled cannot wait for others."""
        return (
            self._all_received
            or len(self._settled) >= self._credit.frames / 2
            or self._settled_bytes >= self._credit.bytes / 2
        )

    def _end_turn_if_due(self) -> None:
        if self._turn is not None and not self._turn.done() and self._is_due:
            self._turn.set_result(None)

    async def _write_to_ledger(self, entry: OutboundMessage) -> bool:
        """Store a message in the ledger's stream, which is never full; False: it has it already, as
        a frame that is offered again may have the outcome from its first time."""
        return await self._ledger.write(entry)

    def _id(self, sequence: int) -> FrameId:
        return FrameId(self._camera, self._session, sequence)

    def _frame(self, offered: OfferedFrame) -> Frame:
        identity = self._id(offered.sequence)
        return Frame(
            identity,
            offered.captured_unix_nano,
            offered.image,
            offered.crc32,
            offered.headers,
            self._tracing.origin(offered),
        )

    def _acceptance(self, settled: Sequence[_Settled]) -> Acceptance:
        accepted = [frame for frame in settled if frame.rejection is None]
        return Acceptance(
            self._camera,
            self._session,
            ranges_of(frame.sequence for frame in accepted),
            sum(frame.size for frame in accepted),
            tuple(
                (frame.sequence - frame.filtered + 1, frame.sequence)
                for frame in settled
                if frame.filtered
            ),
        )

    def _outcome(self, offered: OfferedFrame, rejection: FrameRejection) -> Outcome:
        return Outcome(
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


def _release(window: Window, size: int, _: asyncio.Task[None]) -> None:
    window.release(size)


def _ack_batch(settled: Sequence[_Settled]) -> AckBatch:
    return AckBatch(
        tuple(frame.sequence for frame in settled if frame.rejection is None),
        tuple(
            RejectedFrame(frame.sequence, frame.rejection) for frame in settled if frame.rejection
        ),
    )
