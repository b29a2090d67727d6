"""Seals a frame: its outcome is stored, then it is acked."""

from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.delivery import Order
from framemesh.runtime.dataplane.errors import PublishRefused
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import dead_letter_message, outcome_message
from framemesh.worker.intake.in_flight import InFlightFrame
from framemesh.worker.intake.ordering import CameraSequencer, SequencerSlot
from framemesh.worker.processing.outcomes import OutcomeFactory

log = get_logger()


class OutcomeCommitter:
    """The last step of every frame, and the only one that acks."""

    def __init__(
        self, writer: ReliableWriter, outcome_factory: OutcomeFactory, order: Order
    ) -> None:
        self._writer = writer
        self._outcome_factory = outcome_factory
        self._line = CameraSequencer() if order is Order.PER_CAMERA else None

    def slot(self, camera: str) -> SequencerSlot | None:
        """The place of a frame that has just come, in the line of its camera if it has one."""
        return self._line.join(camera) if self._line else None

    async def commit(self, in_flight: InFlightFrame, outcome: Outcome) -> None:
        """Store the outcome of a frame, behind those in front of it, and ack the frame.

        Whoever is killed halfway leaves it to another worker, which does all of it again: each step
        is stored once. A frame that is somebody else's by now is left to them: those in front of it
        may not be sealed.
        """
        if self._line and in_flight.slot:
            await self._line.reach(in_flight.slot)
        if not in_flight.source.lost:
            await self._store(in_flight, outcome)
        self.leave(in_flight)

    async def _store(self, in_flight: InFlightFrame, outcome: Outcome) -> None:
        if outcome.fate is Fate.DEAD:
            await self._keep(in_flight, outcome)
        try:
            stored = await self._writer.write(outcome_message.to_message(outcome))
        except PublishRefused as error:
            outcome = self._outcome_factory.dead(
                in_flight.frame, "outcome_refused", str(error), outcome.attempts
            )
            await self._keep(in_flight, outcome)
            stored = await self._writer.write(outcome_message.to_message(outcome))
        if not stored:
            log.info("frame had its outcome", frame=str(outcome.frame))
        await in_flight.delivery.ack()

    async def give_up(self, in_flight: InFlightFrame, after_seconds: float) -> None:
        """Leave a frame to another delivery; those behind it do not wait for that."""
        await in_flight.delivery.nak(after_seconds)
        self.leave(in_flight)

    def leave(self, in_flight: InFlightFrame) -> None:
        """Make way for those behind it."""
        if self._line and in_flight.slot:
            self._line.leave(in_flight.slot)

    async def _keep(self, in_flight: InFlightFrame, outcome: Outcome) -> None:
        """The frame itself, for whoever wants to know why."""
        letter = dead_letter_message.DeadLetter.of(in_flight.frame, outcome)
        await self._writer.write(dead_letter_message.to_message(outcome.pipeline, letter))
