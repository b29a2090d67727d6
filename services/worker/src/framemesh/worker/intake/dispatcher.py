"""Takes frames out of the buffer, dispatches them in the scheduler's order, and completes them."""

import asyncio
import contextvars
import math
from collections.abc import Callable, Coroutine, Sequence

from framemesh.core.clock import NANO, Clock
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.delivery import DeliverySpec, Order
from framemesh.core.worker_speed import WorkerSpeed
from framemesh.runtime.concurrency.run_until import cancel_when
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.dataplane.data_plane import DataPlane, Pull
from framemesh.runtime.dataplane.received_message import ReceivedMessage
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import frame_message
from framemesh.worker.engine.group_sizes import GroupSizes
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.frame_group import FrameGroup
from framemesh.worker.intake.in_flight import InFlightFrame, InFlightFrames
from framemesh.worker.intake.ordering import CameraSequencer
from framemesh.worker.intake.pull_shares import PullShares
from framemesh.worker.intake.scheduler import QueuedFrame, Scheduler
from framemesh.worker.intake.source import FrameSource
from framemesh.worker.intake.speed_meter import SpeedMeter
from framemesh.worker.processing.commit import Completed, OutcomeCommitter
from framemesh.worker.processing.outcomes import OutcomeFactory
from framemesh.worker.processing.processor import Attempt, FrameProcessor

log = get_logger()

MIB = 1024 * 1024

BYTES_HELD = 64 * MIB
"""Shared by the shards; but each may hold two frames of the largest size, or those would never
come."""

SWEEP_SECONDS = 0.05
"""Between two looks for queued frames that grew too old."""

DRAIN_TIMEOUT_SECONDS = 8.0
"""For completing what is held when the worker is told to stop; its agent waits for 10 s."""

DrawSources = Callable[[asyncio.Event], Coroutine[None, None, None]]
"""Calls `Dispatcher.draw` for each source that there is or will be, until the event is set."""


class Dispatcher:
    """Holds the frames of a pipeline from their delivery to their ack."""

    def __init__(
        self,
        plane: DataPlane,
        processor: FrameProcessor,
        outcomes: OutcomeFactory,
        committer: OutcomeCommitter,
        delivery: DeliverySpec,
        *,
        slots: int,
        groups: GroupSizes,
        held: int,
        clock: Clock,
        dispatch_latency: Callable[[], float],
    ) -> None:
        """
        Args:
            slots: frames that are worked on at once: enough to keep the models busy.
            groups: how many frames are worked on together.
            held: frames that may be held, with those that are queued.
            dispatch_latency: recent average in seconds from a frame's dispatch until it was sent
                to a model.
        """
        self._plane = plane
        self._processor = processor
        self._outcomes = outcomes
        self._committer = committer
        self._delivery = delivery
        self._slots = slots
        self._groups = groups
        self._clock = clock
        self._dispatch_latency = dispatch_latency
        self._shares = PullShares(held, BYTES_HELD, 2 * plane.max_message_bytes)
        self._scheduler: Scheduler[InFlightFrame] = Scheduler(self._delivery)
        ordered = delivery.order is Order.PER_CAMERA
        self._in_flight = InFlightFrames(CameraSequencer() if ordered else None)
        self._slots_taken = 0
        self._groups_at_work = 0
        self._speed_meter = SpeedMeter(clock)
        self._tasks = TaskGroup()
        self._base_context = contextvars.copy_context()

    @property
    def in_progress(self) -> int:
        """Frames that are held."""
        return len(self._in_flight)

    @property
    def sources(self) -> int:
        """Shards, or copies, that frames are pulled from now."""
        return self._shares.sources

    @property
    def speed(self) -> WorkerSpeed:
        """How many frames a minute are processed here while there are any."""
        return self._speed_meter.speed

    async def run(self, stop: asyncio.Event, draw_sources: DrawSources) -> None:
        """Work until `stop` is set, then complete what is held, within DRAIN_TIMEOUT_SECONDS.

        What is not completed by then, or when something fails or cancels it, is given back: another
        worker has it at once.
        """
        try:
            async with asyncio.timeout(None) as drain, TaskGroup() as background:
                loops = (self._in_flight.renew(), self._sweep())
                running = [background.create_task(loop) for loop in loops]
                async with self._tasks, TaskGroup() as drawing:
                    drawing.create_task(draw_sources(stop))
                    await stop.wait()
                    drain.reschedule(asyncio.get_running_loop().time() + DRAIN_TIMEOUT_SECONDS)
                for task in running:
                    task.cancel()
        except TimeoutError:
            await self._in_flight.give_back()
        except BaseException:
            # A cancellation as well: it comes where another part of the worker fails.
            await self._in_flight.give_back()
            raise

    async def draw(
        self,
        source: FrameSource,
        until: asyncio.Event,
        on_gap: Callable[[], None] | None = None,
    ) -> None:
        """Pull from a source until `until` is set, and return when what came of it is settled.

        Cancelled, it leaves what came of it to somebody else.

        Args:
            on_gap: for a new consumer that is ours alone: called when a message was lost on its
                way; none is delivered any more.

        Raises:
            ConsumerGone: the consumer was deleted.
        """

        def deliver(message: ReceivedMessage) -> None:
            self._accept(source, message, pull)

        with self._shares.source():
            try:
                async with self._plane.pull(
                    source.stream, source.consumer, self._shares.limits, deliver, on_gap
                ) as pull:
                    with self._shares.pulling(pull):
                        await cancel_when(until, pull.run())
                await source.emptied()
            finally:
                source.lost = True

    def _accept(self, source: FrameSource, message: ReceivedMessage, pull: Pull) -> None:
        """Hold and queue the frame that a message is."""
        if self._in_flight.holds(source, message):
            # Its signs of life came late. The ack of the first delivery is good for this one.
            pull.done(message)
            return
        try:
            frame = frame_message.from_received(message)
        except (KeyError, ValueError) as error:
            # It has no id, so no outcome can be written for it. Ingest writes no such thing.
            log.error("message is no frame", subject=message.subject, error=repr(error))
            self._tasks.create_task(self._discard(message, pull), context=self._base_context.copy())
            return
        context = FrameContext(frame, self._clock, message.stored_unix_nano)
        in_flight = self._in_flight.add(context, message, source, pull)
        self._measure()
        queued = QueuedFrame(
            frame.id.camera, source.stream, message.sequence, frame.captured_unix_nano, in_flight
        )
        for older in self._scheduler.enqueue(queued):
            self._complete_undispatched(older, self._outcomes.superseded(older.context))
        self._dispatch()

    async def _discard(self, message: ReceivedMessage, pull: Pull) -> None:
        await message.discard("no frame")
        pull.done(message)

    def _dispatch(self) -> None:
        """Start work on queued frames, as far as there are free slots."""
        while frames := self._next_frames():
            together = [each for each in frames if not each.suspect]
            suspects = [each for each in frames if each.suspect]
            if together:
                self._start_group(together)
            for each in suspects:
                self._start_group([each])

    def _next_frames(self) -> list[InFlightFrame]:
        """Those that are next, as many as a group may have now."""
        if self._groups_at_work >= self._groups.at_once or not self._scheduler.size:
            return []
        # First, so that no camera is served with a frame that cannot be in time.
        self._expire()
        count = self._groups.next_size(self._scheduler.size, self._groups_at_work)
        count = min(count, self._slots - self._slots_taken)
        frames: list[InFlightFrame] = []
        while len(frames) < count and (found := self._scheduler.next()) is not None:
            frames.append(found)
        self._slots_taken += len(frames)
        return frames

    def _start_group(self, frames: Sequence[InFlightFrame]) -> None:
        """Work on dispatched frames, in a context of their own."""
        group = FrameGroup([each.context for each in frames])
        self._groups_at_work += 1
        self._tasks.create_task(
            self._process(frames, group), context=group.new_context(self._base_context)
        )

    async def _process(self, frames: Sequence[InFlightFrame], group: FrameGroup) -> None:
        """See dispatched frames through to their outcomes, then dispatch the next ones."""
        try:
            attempts = await self._attempts(frames, group)
        finally:
            self._groups_at_work -= 1
        # While these are stored, the models have others.
        decided: list[Completed] = []
        for each, attempt in zip(frames, attempts, strict=True):
            if isinstance(attempt, Outcome):
                decided.append((each, attempt))
            elif attempt is not None:
                self._start_group([each])
            else:
                self._finish(each)
        self._dispatch()
        await self._commit(decided)
        self._dispatch()

    async def _attempts(
        self, frames: Sequence[InFlightFrame], group: FrameGroup
    ) -> Sequence[Attempt | None]:
        """What became of each frame; None: nothing more is done about it here."""
        for each in frames:
            each.context.mark_dispatched()
            each.context.suspect = each.context.suspect or each.suspect
            each.context.deadline = self._deadline(each)
        group.contexts = [each.context for each in frames if not each.source.lost]
        if not group.contexts:
            return [None] * len(frames)
        try:
            attempts = await self._processor.process(group)
        except Exception as error:  # noqa: BLE001  a fault must not stop the frames behind these
            for each in frames:
                if not each.source.lost:
                    await self._committer.abandon(each, error)
            return [None] * len(frames)
        found = dict(zip(group.contexts, attempts, strict=True))
        return [found.get(each.context) for each in frames]

    async def _commit(self, decided: Sequence[Completed]) -> None:
        prompt: list[Completed] = []
        for in_flight, outcome in decided:
            if outcome.fate is Fate.EXPIRED:
                # Cameras that send as often as the model answers would be late each time.
                self._scheduler.prioritize(in_flight.frame.id.camera)
            if self._committer.prompt(in_flight, outcome):
                prompt.append((in_flight, outcome))
            else:
                # Those that were worked on beside it do not wait for what it waits for.
                self._start(in_flight, self._commit_late(in_flight, outcome))
        await self._committer.commit_together(prompt)
        for in_flight, _ in prompt:
            self._finish(in_flight)

    async def _commit_late(self, in_flight: InFlightFrame, outcome: Outcome) -> None:
        await self._committer.commit(in_flight, outcome)
        self._finish(in_flight)
        self._dispatch()

    def _finish(self, in_flight: InFlightFrame) -> None:
        """Nothing more is done about a frame that was dispatched."""
        self._slots_taken -= 1
        self._settle(in_flight)
        self._speed_meter.completed()

    def _start(self, in_flight: InFlightFrame, work: Coroutine[None, None, None]) -> None:
        """Run work on a frame, in a context of its own."""
        group = FrameGroup([in_flight.context])
        self._tasks.create_task(work, context=group.new_context(self._base_context))

    def _measure(self) -> None:
        held = min(self._slots, len(self._in_flight))
        self._speed_meter.holds(held, min(self._slots, self._shares.messages))

    def _complete_undispatched(self, in_flight: InFlightFrame, outcome: Outcome) -> None:
        """Give a frame its outcome without work on it."""
        self._start(in_flight, self._complete(in_flight, outcome))

    async def _complete(self, in_flight: InFlightFrame, outcome: Outcome) -> None:
        await self._committer.commit(in_flight, outcome)
        self._settle(in_flight)

    def _settle(self, in_flight: InFlightFrame) -> None:
        self._in_flight.settle(in_flight)
        self._measure()
        self._committer.settled(in_flight)

    def _deadline(self, in_flight: InFlightFrame) -> float:
        """When the frame is too old, by the event loop's time."""
        fresh = self._delivery.fresh
        if fresh is None:
            return math.inf
        age = (self._clock.unix_nano() - in_flight.frame.captured_unix_nano) / NANO
        return asyncio.get_running_loop().time() + fresh.max_age.total_seconds() - age

    def _expire(self) -> None:
        """Complete the queued frames that will be too old when a model could have them."""
        fresh = self._delivery.fresh
        if fresh is None:
            return
        # Never so early that none is in time: then nothing would be measured any more.
        early = min(self._dispatch_latency(), fresh.max_age.total_seconds() / 2)
        for in_flight in self._scheduler.expire(self._clock.unix_nano() + round(early * NANO)):
            self._complete_undispatched(in_flight, self._outcomes.expired(in_flight.context))

    async def _sweep(self) -> None:
        """Expire frames also while no slot is free: they must not stay pending until one is."""
        while self._delivery.fresh:
            await asyncio.sleep(SWEEP_SECONDS)
            self._expire()
