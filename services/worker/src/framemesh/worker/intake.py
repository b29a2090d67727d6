"""Takes frames out of the buffer, gives each its turn, and sees it through to its outcome."""

import asyncio
import math
from collections.abc import Callable, Coroutine

from framemesh.core.clock import NANO, Clock
from framemesh.core.delivery import DeliverySpec
from framemesh.core.outcome import Fate, Outcome
from framemesh.runtime.dataplane.delivery import Delivery
from framemesh.runtime.dataplane.plane import DataPlane, Pull, PullLimits
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import frame_message
from framemesh.runtime.until import unless
from framemesh.worker.inspection import Inspector
from framemesh.worker.outcome_maker import OutcomeMaker
from framemesh.worker.sealing import Sealing
from framemesh.worker.source import Source
from framemesh.worker.ticket import Ticket
from framemesh.worker.turns import Turns, Waiting

log = get_logger()

MIB = 1024 * 1024

BYTES_HELD = 64 * MIB
"""Shared by the shards; but each may hold two frames of the largest size, or those would never
come."""

RENEW_SECONDS = 1.2
"""Between two signs of life for each frame that is held; the broker waits for 4 s."""

SWEEP_SECONDS = 0.05
"""Between two looks for frames that grew too old while they waited."""

DRAIN_SECONDS = 8.0
"""To finish what is held when the worker is told to stop; its agent waits for 10 s."""

PAUSE_SECONDS = 1.0


class Intake:
    """Holds the frames of a pipeline from their delivery to their ack."""

    def __init__(
        self,
        plane: DataPlane,
        inspector: Inspector,
        maker: OutcomeMaker,
        sealing: Sealing,
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
        self._inspector = inspector
        self._maker = maker
        self._sealing = sealing
        self._delivery = delivery
        self._slots = slots
        self._clock = clock
        self._limits = PullLimits(
            messages=max(2, held // sources),
            bytes=max(2 * plane.max_message_bytes, BYTES_HELD // sources),
        )
        self._turns: Turns[Ticket] = Turns(self._delivery)
        self._held: dict[tuple[str, int], Ticket] = {}
        """By consumer, and sequence number in its stream."""
        self._in_turn = 0
        self._tasks = asyncio.TaskGroup()

    @property
    def in_progress(self) -> int:
        return len(self._held)

    async def run(self, stop: asyncio.Event, draw_all: Coroutine[None, None, None]) -> None:
        """Work until `stop` is set, then finish what is held, within DRAIN_SECONDS.

        What is not finished by then goes to another worker. `draw_all` draws from every source,
        and ends when `stop` is set.
        """
        try:
            async with asyncio.timeout(None) as drain, asyncio.TaskGroup() as keeping:
                beside = [keeping.create_task(each) for each in (self._renew(), self._sweep())]
                async with self._tasks, asyncio.TaskGroup() as drawing:
                    drawing.create_task(draw_all)
                    await stop.wait()
                    drain.reschedule(asyncio.get_running_loop().time() + DRAIN_SECONDS)
                for task in beside:
                    task.cancel()
        except TimeoutError:
            log.warning("stopped with frames in progress", frames=len(self._held))
            for ticket in self._held.values():
                await ticket.delivery.give_back()

    async def draw(
        self,
        source: Source,
        until: asyncio.Event,
        missed: Callable[[], None] | None = None,
    ) -> None:
        """Pull from a source until `until` is set, and return when what came of it is dealt with.

        Cancelled, it leaves what came of it to somebody else.

        Args:
            missed: for a new consumer that is ours alone: called when a frame was lost on its way;
                none is drawn any more.

        Raises:
            ConsumerGone: it was deleted.
        """

        def deliver(delivery: Delivery) -> None:
            self._deliver(source, delivery, pull)

        try:
            async with self._plane.pull(
                source.stream, source.consumer, self._limits, deliver, missed
            ) as pull:
                await unless(until, pull.run())
            await source.emptied()
        finally:
            source.lost = True

    def _deliver(self, source: Source, delivery: Delivery, pull: Pull) -> None:
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
        place = self._sealing.place(camera)
        ticket = Ticket(frame, delivery, source, place, release)
        self._held[key] = ticket
        source.taken()
        waiting = Waiting(
            camera, source.stream, delivery.sequence, frame.captured_unix_nano, ticket
        )
        for older in self._turns.arrive(waiting):
            self._leave_out(older, self._maker.superseded(older.frame))
        self._give_turns()

    async def _discard(self, delivery: Delivery, pull: Pull) -> None:
        await delivery.discard("no frame")
        pull.done(delivery)

    def _give_turns(self) -> None:
        while self._in_turn < self._slots:
            # First, so that no camera spends its turn on a frame that cannot be in time.
            self._expire()
            ticket = self._turns.take()
            if ticket is None:
                return
            self._in_turn += 1
            self._tasks.create_task(self._turn(ticket))

    async def _turn(self, ticket: Ticket) -> None:
        try:
            if ticket.source.lost:
                self._sealing.leave(ticket)
                ticket.release()
            else:
                await self._look(ticket)
        finally:
            self._in_turn -= 1
        self._give_turns()

    async def _look(self, ticket: Ticket) -> None:
        outcome = await self._inspector.outcome(
            ticket.frame, suspect=ticket.suspect, give_up_at=self._give_up_at(ticket)
        )
        if outcome.fate is Fate.EXPIRED:
            # Cameras that send as often as the model answers would be late each time.
            self._turns.again(ticket.frame.id.camera)
        await self._seal(ticket, outcome)

    async def _seal(self, ticket: Ticket, outcome: Outcome) -> None:
        try:
            await self._sealing.seal(ticket, outcome)
        except Exception as error:
            log.error("frame is not sealed", frame=str(ticket.frame.id), exc_info=error)
            await self._sealing.give_up(ticket, PAUSE_SECONDS)
        # Not where it was cut off: then it is given back with all that are held.
        ticket.release()

    def _leave_out(self, ticket: Ticket, outcome: Outcome) -> None:
        """A frame gets its outcome without a turn."""
        self._tasks.create_task(self._seal(ticket, outcome))

    def _give_up_at(self, ticket: Ticket) -> float:
        """When the frame is too old, by the event loop's time."""
        fresh = self._delivery.fresh
        if fresh is None:
            return math.inf
        age = (self._clock.unix_nano() - ticket.frame.captured_unix_nano) / NANO
        return asyncio.get_running_loop().time() + fresh.max_age.total_seconds() - age

    def _expire(self) -> None:
        """Those that will be too old when a model could look at them."""
        fresh = self._delivery.fresh
        if fresh is None:
            return
        # Never so early that none is in time: then nothing would be measured any more.
        early = min(self._inspector.seconds_to_send, fresh.max_age.total_seconds() / 2)
        for ticket in self._turns.expire(self._clock.unix_nano() + round(early * NANO)):
            self._leave_out(ticket, self._maker.expired(ticket.frame))

    async def _sweep(self) -> None:
        """What grows too old while no turn comes must not stay pending until one does."""
        while self._delivery.fresh:
            await asyncio.sleep(SWEEP_SECONDS)
            self._expire()

    async def _renew(self) -> None:
        """Keep the frames that are held from being given to somebody else."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            for ticket in list(self._held.values()):
                await ticket.delivery.in_progress()
