"""One session of one camera: every frame that it offers is stored or rejected, and acknowledged."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.core.frame import Frame, FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.generation import Shard
from framemesh.core.tracing.frame_trace import frame_trace_id
from framemesh.ingest.acknowledging.acknowledger import (
    Acknowledger,
    AcknowledgingDeps,
    Session,
)
from framemesh.ingest.errors import SessionProtocolViolation
from framemesh.ingest.frame_tracing import FrameTracing, TracingDeps
from framemesh.ingest.frame_validation import FILTERED, FrameRejection, FrameValidator
from framemesh.ingest.hints.backlog_watch import BacklogWatch
from framemesh.ingest.measurements import IngestMeasurements
from framemesh.ingest.offers import AckBatch, CreditLimit, OfferedFrame
from framemesh.ingest.pipeline_snapshot import PipelineSnapshot
from framemesh.ingest.pipeline_snapshots import PipelineSnapshots
from framemesh.ingest.storing.backpressure_gate import BackpressureGates
from framemesh.ingest.storing.frame_publisher import FramePublisher
from framemesh.ingest.storing.latest_eviction import EvictionDeps
from framemesh.runtime.concurrency.run_until import cancel_when
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.concurrency.window import Window
from framemesh.runtime.dataplane.data_plane import Sink
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter, RetryPolicy
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import outcome_message
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
    acknowledging: AcknowledgingDeps


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A frame that was checked, and where it goes."""

    offered: OfferedFrame
    frame: Frame
    shard: Shard
    rejection: FrameRejection | None


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
        of_whom = Session(pipeline.name, camera, session)
        self._acknowledger = Acknowledger(of_whom, credit, deps.acknowledging)
        self._under_way = 0
        """Frames that are being stored without a task."""
        self._none_under_way = asyncio.Event()
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
        with self._measured.session(self._acknowledger.unacknowledged):
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
            tasks.create_task(self._acknowledger.run(send))
            async with TaskGroup() as storing:
                all_received = await cancel_when(
                    self._deps.draining, self._receive(offered, storing)
                )
                while self._under_way:
                    self._none_under_way.clear()
                    await self._none_under_way.wait()
            self._acknowledger.end()
        return all_received

    async def _receive(self, offered: AsyncIterator[OfferedFrame], storing: TaskGroup) -> None:
        async for frame in offered:
            if self._pipeline.fault:
                # It is not acknowledged, so the camera sends it again, in a session that fits.
                self._fault = self._pipeline.fault
                return
            self._check_order(frame)
            arrived = self._checked(frame)
            size, window = len(frame.image), self._publisher.window(arrived.shard)
            await self._acknowledger.unacknowledged.acquire(size)
            self._measured.image_bytes.add(size)
            await window.acquire(size)
            if not self._begin(arrived, storing):
                self._settle_in_task(arrived, storing)

    def _checked(self, offered: OfferedFrame) -> _Arrived:
        frame, check = self._frame(offered), self._deps.validator.rejection
        rejection = FILTERED if offered.filtered else check(offered.image, offered.withheld_bytes)
        return _Arrived(offered, frame, self._publisher.shard(frame.id), rejection)

    def _begin(self, arrived: _Arrived, storing: TaskGroup) -> bool:
        """Store a frame without a task, as most are; False: nothing was done, something about it
        has to be waited for."""
        if arrived.rejection or self._tracing.chosen(arrived.frame):
            return False
        if (answer := self._publisher.begin(arrived.shard, arrived.frame)) is None:
            return False
        self._under_way += 1
        began = self._deps.clock.monotonic()
        answer.add_done_callback(partial(self._answered, arrived, storing, began))
        return True

    def _answered(
        self,
        arrived: _Arrived,
        storing: TaskGroup,
        began: float,
        answer: asyncio.Future[int | None],
    ) -> None:
        self._under_way -= 1
        if not self._under_way:
            self._none_under_way.set()
        if not answer.cancelled() and (answer.exception() or answer.result() is not None):
            with contextlib.suppress(RuntimeError):  # the session has ended
                self._settle_in_task(arrived, storing)
            return
        self._publisher.window(arrived.shard).release(len(arrived.offered.image))
        if not answer.cancelled():
            self._stored(began)
            self._acknowledger.add(arrived.offered, None)

    def _settle_in_task(self, arrived: _Arrived, storing: TaskGroup) -> None:
        """
        Raises:
            RuntimeError: another frame failed, and the session with it.
        """
        window, size = self._publisher.window(arrived.shard), len(arrived.offered.image)
        settling = self._settle(arrived)
        try:
            task = storing.create_task(settling)
        except RuntimeError:
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

    async def _settle(self, arrived: _Arrived) -> None:
        offered, frame, rejection = arrived.offered, arrived.frame, arrived.rejection
        if rejection is None:
            await self._store(arrived.shard, frame)
        elif not offered.filtered:
            await self._reject(offered, rejection)
            self._tracing.rejected(frame, rejection.reason.value, rejection.message)
        self._acknowledger.add(offered, rejection)

    async def _store(self, shard: Shard, frame: Frame) -> None:
        began = self._deps.clock.monotonic()
        if traced := self._tracing.chosen(frame):
            await self._publisher.publish(shard, traced.frame)
            self._tracing.published(traced, shard_stream(shard))
        else:
            await self._publisher.publish(shard, frame)
        self._stored(began)

    def _stored(self, began: float) -> None:
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
