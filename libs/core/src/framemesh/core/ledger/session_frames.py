"""The frames of one session: which are known, and which have their outcome."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from framemesh.core.frame import MAX_FRAMES_IN_FLIGHT
from framemesh.core.ledger.interval_set import IntervalSet
from framemesh.core.ledger.packed_runs import Runs
from framemesh.core.pipeline.spec import MAX_STREAMS

MAX_GAPS = MAX_STREAMS * MAX_FRAMES_IN_FLIGHT
"""In the sequence numbers of one session. A frame that may still arrive has fewer gaps above it:
frames that overtake it go to other streams of the buffer, MAX_FRAMES_IN_FLIGHT to each."""


class FrameStatus(Enum):
    """What is known of one frame."""

    UNKNOWN = "unknown"
    PENDING = "pending"
    COMPLETED = "completed"


class SessionFrames:
    """The known and the completed frames of a session, each as a set of intervals.

    Rejected frames are in both sets; a set of their own would leave gaps in these two. Frames that
    a camera dropped before sending are added to both once they are too old to arrive: a camera that
    drops for days would leave a gap for each.
    """

    def __init__(self, known: Runs = (), completed: Runs = ()) -> None:
        """
        Raises:
            ValueError: the runs are not ascending.
        """
        self.known = IntervalSet.of(known)
        self.completed = IntervalSet.of(completed)

    def close_old_gaps(self) -> None:
        while self.known.gaps > MAX_GAPS:
            first, last = self.known.oldest_gap
            self.known.add(first, last)
            self.completed.add(first, last)

    @property
    def pending(self) -> int:
        return len(self.known) - len(self.completed)

    @property
    def pending_numbers(self) -> Iterator[int]:
        """Of the frames without an outcome, ascending; for as long as nothing is added."""
        return self.known.without(self.completed)

    def frame_status(self, sequence: int) -> FrameStatus:
        if sequence in self.completed:
            return FrameStatus.COMPLETED
        return FrameStatus.PENDING if sequence in self.known else FrameStatus.UNKNOWN


@dataclass(frozen=True, slots=True)
class SessionState:
    """The frames of one session at one moment."""

    name: str
    known: Runs
    completed: Runs
