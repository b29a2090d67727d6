"""Seals a frame: its outcome is stored, then it is acked."""

from framemesh.core.delivery import Order
from framemesh.core.outcome import Fate, Outcome
from framemesh.runtime.dataplane.errors import PublishRefused
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import dead_letter_message, outcome_message
from framemesh.worker.line import Line, Place
from framemesh.worker.outcome_maker import OutcomeMaker
from framemesh.worker.record import Record
from framemesh.worker.ticket import Ticket

log = get_logger()


class Sealing:
    """The last step of every frame, and the only one that acks."""

    def __init__(self, record: Record, maker: OutcomeMaker, order: Order) -> None:
        self._record = record
        self._maker = maker
        self._line = Line() if order is Order.PER_CAMERA else None

    def place(self, camera: str) -> Place | None:
        """The place of a frame that has just come, in the line of its camera if it has one."""
        return self._line.join(camera) if self._line else None

    async def seal(self, ticket: Ticket, outcome: Outcome) -> None:
        """Store the outcome of a frame, behind those in front of it, and ack the frame.

        Whoever is killed halfway leaves it to another worker, which does all of it again: each step
        is stored once. A frame that is somebody else's by now is left to them: those in front of it
        may not be sealed.
        """
        if self._line and ticket.place:
            await self._line.reach(ticket.place)
        if not ticket.source.lost:
            await self._store(ticket, outcome)
        self.leave(ticket)

    async def _store(self, ticket: Ticket, outcome: Outcome) -> None:
        if outcome.fate is Fate.DEAD:
            await self._keep(ticket, outcome)
        try:
            stored = await self._record.write(outcome_message.to_message(outcome))
        except PublishRefused as error:
            outcome = self._maker.dead(
                ticket.frame, "outcome_refused", str(error), outcome.attempts
            )
            await self._keep(ticket, outcome)
            stored = await self._record.write(outcome_message.to_message(outcome))
        if not stored:
            log.info("frame had its outcome", frame=str(outcome.frame))
        await ticket.delivery.ack()

    async def give_up(self, ticket: Ticket, after_seconds: float) -> None:
        """Leave a frame to another delivery; those behind it do not wait for that."""
        await ticket.delivery.give_back(after_seconds)
        self.leave(ticket)

    def leave(self, ticket: Ticket) -> None:
        """Make way for those behind it."""
        if self._line and ticket.place:
            self._line.leave(ticket.place)

    async def _keep(self, ticket: Ticket, outcome: Outcome) -> None:
        """The frame itself, for whoever wants to know why."""
        letter = dead_letter_message.DeadLetter.of(ticket.frame, outcome)
        await self._record.write(dead_letter_message.to_message(outcome.pipeline, letter))
