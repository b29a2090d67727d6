"""A frame that a worker holds."""

from collections.abc import Callable
from dataclasses import dataclass

from framemesh.core.frame import Frame
from framemesh.runtime.dataplane.received_message import ReceivedMessage
from framemesh.worker.intake.ordering import SequencerSlot
from framemesh.worker.intake.source import FrameSource


@dataclass(frozen=True, slots=True, eq=False)
class InFlightFrame:
    """A frame, its delivery, and its place among the frames of its camera."""

    frame: Frame
    delivery: ReceivedMessage
    source: FrameSource
    slot: SequencerSlot | None
    """None where order does not matter."""
    release: Callable[[], None]
    """Makes room for another one."""

    @property
    def suspect(self) -> bool:
        """A worker had it before, and did not seal it."""
        return self.source.suspect(self.delivery.sequence, self.delivery.attempt)
