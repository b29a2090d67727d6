"""The sessions of one camera that are kept by name, and those that were closed."""

from collections.abc import Iterable, Iterator

from framemesh.core.frame import FrameId
from framemesh.core.ledger.closed_sessions import ClosedSessions
from framemesh.core.ledger.session_frames import FrameStatus, SessionFrames, SessionState

MAX_COMPLETE_SESSIONS = 4
"""Of a camera, kept by name without pending frames: the current session and a few before it. Older
ones are closed."""

MAX_PENDING_SESSIONS = 16
"""Of a camera, kept by name because frames are pending. A camera that restarts often while its
frames wait has a few."""


class CameraSessions:
    """Finds the frames of a session, whether it is open or closed."""

    def __init__(
        self, camera: str, closed: ClosedSessions, states: Iterable[SessionState] = ()
    ) -> None:
        """Continues from `states`.

        Args:
            closed: shared by all cameras.

        Raises:
            ValueError: `states` are not valid states of sessions.
        """
        self._camera = camera
        self._closed = closed
        # Both with the session first whose last entry is oldest.
        self._pending: dict[str, SessionFrames] = {}
        self._complete: dict[str, SessionFrames] = {}
        for state in states:
            self.put(state.name, SessionFrames(state.known, state.completed))

    def take(self, name: str) -> SessionFrames:
        """The frames of a session, to be changed and then `put` back."""
        for place in (self._pending, self._complete):
            if (frames := place.pop(name, None)) is not None:
                return frames
        return self._closed.take(self._camera, name)

    def put(self, name: str, frames: SessionFrames) -> None:
        """Put back the frames of a session, which becomes the most recently changed one."""
        frames.close_old_gaps()
        place = self._pending if frames.pending else self._complete
        place[name] = frames
        if len(place) > (MAX_PENDING_SESSIONS if frames.pending else MAX_COMPLETE_SESSIONS):
            oldest = next(iter(place))
            self._closed.add(self._camera, oldest, place.pop(oldest))

    def close_all(self) -> None:
        for place in (self._pending, self._complete):
            for name, frames in place.items():
                self._closed.add(self._camera, name, frames)
            place.clear()

    @property
    def have_pending(self) -> bool:
        """Whether a session that is kept by name has pending frames."""
        return bool(self._pending)

    def pending_frames(self) -> Iterator[FrameId]:
        """Those of sessions that are kept by name, by session; for as long as nothing changes."""
        for name, frames in self._pending.items():
            for sequence in frames.pending_numbers:
                yield FrameId(self._camera, name, sequence)

    def frame_status(self, name: str, sequence: int) -> FrameStatus:
        frames = self._pending.get(name) or self._complete.get(name)
        if frames is not None:
            return frames.frame_status(sequence)
        return self._closed.frame_status(self._camera, name, sequence)

    def with_frame(self, sequence: int) -> list[str]:
        """The open sessions that have a frame of this number: pending ones first, newest first."""
        places = (self._pending, self._complete)
        newest_first = ((n, f) for place in places for n, f in reversed(place.items()))
        return [name for name, frames in newest_first if sequence in frames.known]

    @property
    def state(self) -> tuple[SessionState, ...]:
        return tuple(
            SessionState(name, frames.known.runs, frames.completed.runs)
            for place in (self._pending, self._complete)
            for name, frames in place.items()
        )
