"""Takes frames out of the buffer, gives each its turn, and sees it through to its outcome."""

import asyncio
import math
from collections.abc import Callable, Coroutine

from framemesh.core.clock import NANO, Clock
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.delivery import DeliverySpec
from framemesh.runtime.concurrency.run_until import cancel_when
from framemesh.runtime.dataplane.plane import DataPlane, Pull, PullLimits
from framemesh.runtime.dataplane.received_message import ReceivedMessage
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import frame_message
from framemesh.worker.intake.in_flight import InFlightFrame
from framemesh.worker.intake.scheduler import QueuedFrame, Scheduler
from framemesh.worker.intake.source import FrameSource
from framemesh.worker.processing.commit import OutcomeCommitter
from framemesh.worker.processing.outcomes import OutcomeFactory
from framemesh.worker.processing.processor import FrameProcessor

log = get_logger()

MIB = 1024 * 1024

BYTES_HELD = 64 * MIB
"""Shared by the shards; but each may hold two frames of the largest size, or those would never
come."""

RENEW_SECONDS = 1.2
"""Between two signs of life for each frame that is held; the broker waits for 4 s."""

SWEEP_SECONDS = 0.05
"""Between two looks for frames that grew too old while they waited."""

DRAIN_TIMEOUT_SECONDS = 8.0
"""To finish what is held when the worker is told to stop; its agent waits for 10 s."""

RETRY_SECONDS = 1.0


class Dispatcher:
    """Holds the frames of a pipeline from their delivery to their ack."""

    def __init__(
        self,
        plane: DataPlane,
        processor: FrameProcessor,
        outcome_factory: OutcomeFactory,
        committer: OutcomeCommitter,
        delivery: DeliverySpec,
        *,
        slots: int,
        held: int,
        sources: int,
        clock: Clock,
    ) -> None:
        """
        Args:
            slots: frames whose turn it may be at once: enough to keep the models busy.
            held: frames that may be here, with those that wait for their turn.
            sources: how many there will be at once, which share what may be held.
        """
        self._plane = plane
        self._processor = processor
        self._outcome_factory = outcome_factory
        self._committer = committer
        self._delivery = delivery
        self._slots = slots
        self._clock = clock
        self._limits = PullLimits(
            messages=max(2, held // sources),
            bytes=max(2 * plane.max_message_bytes, BYTES_HELD // sources),
        )
        self._scheduler: Scheduler[InFlightFrame] = Scheduler(self._delivery)
        self._held: dict[tuple[str, int], InFlightFrame] = {}
        """By consumer, and sequence number in its stream."""
        self._in_turn = 0
        self._tasks = asyncio.TaskGroup()

    @property
    def in_progress(self) -> int:
        return len(self._held)

    async def run(self, stop: asyncio.Event, draw_all: Coroutine[None, None, None]) -> None:
        """Work until `stop` is set, then finish what is held, within DRAIN_TIMEOUT_SECONDS.

        What is not finished by then goes to another worker. `draw_all` draws from every source,
        and ends when `stop` is set.
        """
        try:
            async with asyncio.timeout(None) as drain, asyncio.TaskGroup() as keeping:
                beside = [keeping.create_task(each) for each in (self._renew(), self._sweep())]
                async with self._tasks, asyncio.TaskGroup() as drawing:
                    drawing.create_task(draw_all)
                    await stop.wait()
                    drain.reschedule(asyncio.get_running_loop().time() + DRAIN_TIMEOUT_SECONDS)
                for task in beside:
                    task.cancel()
        except TimeoutError:
            log.warning("stopped with frames in progress", frames=len(self._held))
            for in_flight in self._held.values():
                await in_flight.delivery.nak()

    async def draw(
        self,
        source: FrameSource,
        until: asyncio.Event,
        on_gap: Callable[[], None] | None = None,
    ) -> None:
        """Pull from a source until `until` is set, and return when what came of it is dealt with.

        Cancelled, it leaves what came of it to somebody else.

        Args:
            missed: for a new consumer that is ours alone: called when a frame was lost on its way;
                none is drawn any more.

        Raises:
            ConsumerGone: it was deleted.
        """

        def deliver(delivery: ReceivedMessage) -> None:
            self._deliver(source, delivery, pull)

        try:
            async with self._plane.pull(
                source.stream, source.consumer, self._limits, deliver, on_gap
            ) as pull:
                await cancel_when(until, pull.run())
            await source.emptied()
        finally:
            source.lost = True

    def _deliver(self, source: FrameSource, delivery: ReceivedMessage, pull: Pull) -> None:
        # Not by the stream: what is here of a lease that was lost will not be sealed, and must not
        # stand in the way when the same frame comes again in a new one.
        key = (source.consumer, delivery.sequence)
        if key in self._held:
            # Its signs of life came late. The ack of the first delivery is good for this one.
            pull.done(delivery)
            return
        try:
            frame = frame_message.from_delivery(delivery)
        except (KeyError, ValueError) as error:
            # It has no id, so no outcome can be written for it. Ingest writes no such thing.
            log.error("message is no frame", subject=delivery.subject, error=repr(error))
            self._tasks.create_task(self._discard(delivery, pull))
            return

        def release() -> None:
            del self._held[key]
            pull.done(delivery)
            source.released()

        camera = frame.id.camera
        slot = self._committer.slot(camera)
        in_flight = InFlightFrame(frame, delivery, source, slot, release)
        self._held[key] = in_flight
        source.taken()
        waiting = QueuedFrame(
            camera, source.stream, delivery.sequence, frame.captured_unix_nano, in_flight
        )
        for older in self._scheduler.arrive(waiting):
            self._leave_out(older, self._outcome_factory.superseded(older.frame))
        self._give_turns()

    async def _discard(self, delivery: ReceivedMessage, pull: Pull) -> None:
        await delivery.discard("no frame")
        pull.done(delivery)

    def _give_turns(self) -> None:
        while self._in_turn < self._slots:
            # First, so that no camera spends its turn on a frame that cannot be in time.
            self._expire()
            in_flight = self._scheduler.take()
            if in_flight is None:
                return
            self._in_turn += 1
            self._tasks.create_task(self._turn(in_flight))

    async def _turn(self, in_flight: InFlightFrame) -> None:
        try:
            if in_flight.source.lost:
                self._committer.leave(in_flight)
                in_flight.release()
            else:
                await self._look(in_flight)
        finally:
            self._in_turn -= 1
        self._give_turns()

    async def _look(self, in_flight: InFlightFrame) -> None:
        outcome = await self._processor.outcome(
            in_flight.frame, suspect=in_flight.suspect, deadline=self._give_up_at(in_flight)
        )
        if outcome.fate is Fate.EXPIRED:
            # Cameras that send as often as the model answers would be late each time.
            self._scheduler.again(in_flight.frame.id.camera)
        await self._commit(in_flight, outcome)

    async def _commit(self, in_flight: InFlightFrame, outcome: Outcome) -> None:
        try:
            await self._committer.commit(in_flight, outcome)
        except Exception as error:
            log.error("frame is not sealed", frame=str(in_flight.frame.id), exc_info=error)
            await self._committer.give_up(in_flight, RETRY_SECONDS)
        # Not where it was cut off: then it is given back with all that are held.
        in_flight.release()

    def _leave_out(self, in_flight: InFlightFrame, outcome: Outcome) -> None:
        """A frame gets its outcome without a turn."""
        self._tasks.create_task(self._commit(in_flight, outcome))

    def _give_up_at(self, in_flight: InFlightFrame) -> float:
        """When the frame is too old, by the event loop's time."""
        fresh = self._delivery.fresh
        if fresh is None:
            return math.inf
        age = (self._clock.unix_nano() - in_flight.frame.captured_unix_nano) / NANO
        return asyncio.get_running_loop().time() + fresh.max_age.total_seconds() - age

    def _expire(self) -> None:
        """Those that will be too old when a model could look at them."""
        fresh = self._delivery.fresh
        if fresh is None:
            return
        # Never so early that none is in time: then nothing would be measured any more.
        early = min(self._processor.dispatch_latency_seconds, fresh.max_age.total_seconds() / 2)
        for in_flight in self._scheduler.expire(self._clock.unix_nano() + round(early * NANO)):
            self._leave_out(in_flight, self._outcome_factory.expired(in_flight.frame))

    async def _sweep(self) -> None:
        """What grows too old while no turn comes must not stay pending until one does."""
        while self._delivery.fresh:
            await asyncio.sleep(SWEEP_SECONDS)
            self._expire()

    async def _renew(self) -> None:
        """Keep the frames that are held from being given to somebody else."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            for in_flight in list(self._held.values()):
                await in_flight.delivery.in_progress()
