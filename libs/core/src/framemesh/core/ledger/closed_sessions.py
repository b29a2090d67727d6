"""Sessions that are no longer kept by name, as little of each as recognises a late entry."""

from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from typing import TypeVar

from framemesh.core.ledger.packed_runs import pack, unpack
from framemesh.core.ledger.session_frames import FrameStatus, SessionFrames

V = TypeVar("V")

MAX_CLOSED = 262_144
"""Complete ones of one pipeline: 4,000 cameras with 64 sessions each. They take 50 MB of memory,
and 3 MB of a checkpoint, which must fit into one message of the broker (8 MB)."""

MAX_INCOMPLETE = 16_384
"""Those with pending frames. There are none unless cameras open sessions by the thousands."""


@dataclass(frozen=True, slots=True)
class IncompleteState:
    """A closed session with pending frames: its digest, and its frames as packed runs."""

    digest: int
    known: bytes
    completed: bytes


@dataclass(frozen=True, slots=True)
class ClosedState:
    """All closed sessions, oldest first: of the complete ones the digests and the packed frames."""

    digests: tuple[int, ...] = ()
    frames: tuple[bytes, ...] = ()
    incomplete: tuple[IncompleteState, ...] = ()
    pending: int = 0


class ClosedSessions:
    """The closed sessions of all cameras of a pipeline.

    An entry may come hours after its session ended: a camera that was cut off sends its last frames
    again, an ingest that was stopped writes what it had to. So what became a sum is not forgotten
    by age, but only when so many others were closed since that there is no room; an entry that
    comes later still would be counted as that of a new session.
    """

    def __init__(
        self,
        state: ClosedState = ClosedState(),
        limit: int = MAX_CLOSED,
        incomplete_limit: int = MAX_INCOMPLETE,
    ) -> None:
        """Goes on from `state`.

        Raises:
            ValueError: it is none.
        """
        self._limit = limit
        self._incomplete_limit = incomplete_limit
        self._complete = dict(zip(state.digests, state.frames, strict=True))
        self._incomplete = {each.digest: (each.known, each.completed) for each in state.incomplete}
        self.pending = state.pending
        """Frames of incomplete sessions without an outcome, also of those that were forgotten."""

    def add(self, camera: str, session: str, frames: SessionFrames) -> None:
        """Keep the frames of a session that is no longer kept by name."""
        digest, known = _digest(camera, session), pack(frames.known.runs)
        if frames.pending:
            self._incomplete[digest] = known, pack(frames.completed.runs)
            self.pending += frames.pending
            _forget_oldest(self._incomplete, self._incomplete_limit)
        else:
            self._complete[digest] = known
            _forget_oldest(self._complete, self._limit)

    def take(self, camera: str, session: str) -> SessionFrames:
        """The frames of a session that is kept by name again; none for one that is not here."""
        digest = _digest(camera, session)
        found = self._frames(digest)
        self._complete.pop(digest, None)
        if self._incomplete.pop(digest, None) is not None:
            self.pending -= found.pending
        return found

    def frame_status(self, camera: str, session: str, sequence: int) -> FrameStatus:
        return self._frames(_digest(camera, session)).frame_status(sequence)

    def _frames(self, digest: int) -> SessionFrames:
        if digest in self._incomplete:
            known, completed = map(unpack, self._incomplete[digest])
            return SessionFrames(known, completed)
        runs = unpack(self._complete.get(digest, b""))
        return SessionFrames(runs, runs)

    @property
    def state(self) -> ClosedState:
        return ClosedState(
            tuple(self._complete),
            tuple(self._complete.values()),
            tuple(IncompleteState(each, *runs) for each, runs in self._incomplete.items()),
            self.pending,
        )


def _forget_oldest(sessions: dict[int, V], limit: int) -> None:
    """Make room, for many at once: a dictionary finds its first key ever slower, the more of those
    before it were deleted."""
    if len(sessions) > limit:
        for digest in list(islice(sessions, 1 + limit // 64)):
            del sessions[digest]


def _digest(camera: str, session: str) -> int:
    """Eight bytes: among MAX_CLOSED of them, two are alike once in 500 million pipelines."""
    name = f"{camera}/{session}".encode()
    return int.from_bytes(blake2b(name, digest_size=8).digest())
