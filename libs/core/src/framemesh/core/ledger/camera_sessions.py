"""The sessions of one camera: which frames of each are known, and which have their outcome."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Self

from framemesh.core.frame import MAX_FRAMES_IN_FLIGHT
from framemesh.core.ledger.closed_sessions import ClosedSessions
from framemesh.core.ledger.interval_set import IntervalSet
from framemesh.core.ledger.packed_runs import Runs
from framemesh.core.pipeline.spec import MAX_STREAMS

MAX_COMPLETE_SESSIONS = 4
"""Of a camera, kept by their names although nothing of theirs is pending: the one that runs, and
those that it took over from. Older ones are closed."""

MAX_GAPS = MAX_STREAMS * MAX_FRAMES_IN_FLIGHT
"""In the numbers of one session. A frame that still comes has fewer above it: those that overtake
it go to other streams of the buffer, MAX_FRAMES_IN_FLIGHT to each."""


class FrameStatus(Enum):
    """What is known of one frame."""

    UNKNOWN = "unknown"
    PENDING = "pending"
    SEALED = "sealed"


class SessionFrames:
    """Rejected frames are in both sets: apart, they would be holes in the runs of the others.

    So are those that a camera dropped before it sent them, once they are too old to come: a camera
    that drops for days would leave a gap for each.
    """

    def __init__(self, known: Runs = (), sealed: Runs = ()) -> None:
        self.known = IntervalSet.of(known)
        self.sealed = IntervalSet.of(sealed)

    def close_old_gaps(self) -> None:
        while self.known.gaps > MAX_GAPS:
            first, last = self.known.oldest_gap
            self.known.add(first, last)
            self.sealed.add(first, last)

    @property
    def pending(self) -> int:
        return len(self.known) - len(self.sealed)

    def frame_status(self, sequence: int) -> FrameStatus:
        if sequence in self.sealed:
            return FrameStatus.SEALED
        return FrameStatus.PENDING if sequence in self.known else FrameStatus.UNKNOWN


@dataclass(frozen=True, slots=True)
class SessionState:
    """One session at one moment."""

    name: str
    known: Runs
    sealed: Runs


class CameraSessions:
    """Finds the frames of a session, whether it is open or closed."""

    def __init__(self, camera: str, closed: ClosedSessions) -> None:
        """`closed` is shared by all cameras."""
        self._camera = camera
        self._closed = closed
        # Both with the session first whose last entry is oldest.
        self._waiting: dict[str, SessionFrames] = {}
        self._complete: dict[str, SessionFrames] = {}

    @classmethod
    def of(cls, camera: str, states: Iterable[SessionState], closed: ClosedSessions) -> Self:
        """The sessions whose `state` this is.

        Raises:
            ValueError: it is none.
        """
        found = cls(camera, closed)
        for state in states:
            found.put(state.name, SessionFrames(state.known, state.sealed))
        return found

    def take(self, name: str) -> SessionFrames:
        """The frames of a session, to be changed and then `put` back."""
        for place in (self._waiting, self._complete):
            if (frames := place.pop(name, None)) is not None:
                return frames
        runs = self._closed.take(self._camera, name)
        return SessionFrames(runs, runs)

    def put(self, name: str, frames: SessionFrames) -> None:
        """The session that was changed last."""
        frames.close_old_gaps()
        if frames.pending:
            self._waiting[name] = frames
            return
        self._complete[name] = frames
        if len(self._complete) > MAX_COMPLETE_SESSIONS:
            oldest = next(iter(self._complete))
            self._closed.add(self._camera, oldest, self._complete.pop(oldest).known.runs)

    def frame_status(self, name: str, sequence: int) -> FrameStatus:
        frames = self._waiting.get(name) or self._complete.get(name)
        if frames is not None:
            return frames.frame_status(sequence)
        closed = self._closed.has(self._camera, name, sequence)
        return FrameStatus.SEALED if closed else FrameStatus.UNKNOWN

    def with_frame(self, sequence: int) -> list[str]:
        """The open sessions that have a frame of this number: pending ones first, newest first."""
        places = (self._waiting, self._complete)
        newest_first = ((n, f) for place in places for n, f in reversed(place.items()))
        return [name for name, frames in newest_first if sequence in frames.known]

    @property
    def state(self) -> tuple[SessionState, ...]:
        waiting = (
            SessionState(name, frames.known.runs, frames.sealed.runs)
            for name, frames in self._waiting.items()
        )
        complete = (
            SessionState(name, runs := frames.known.runs, runs)
            for name, frames in self._complete.items()
        )
        return (*waiting, *complete)
