"""Sessions that are no longer kept by name, stored compactly to recognise late entries."""

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
"""Closed sessions with pending frames: only where cameras open thousands of sessions."""


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

    An entry may come hours after its session ended: a disconnected camera resends its last frames,
    a stopped ingest writes its last records. So sessions are not forgotten by age, but only when
    the limit is reached, oldest first; an entry that comes even later is counted as one of a new
    session.
    """

    def __init__(
        self,
        state: ClosedState = ClosedState(),
        limit: int = MAX_CLOSED,
        incomplete_limit: int = MAX_INCOMPLETE,
    ) -> None:
        """Continues from `state`.

        Raises:
            ValueError: `state` is not a valid state of closed sessions.
        """
        self._limit = limit
        self._incomplete_limit = incomplete_limit
        self._complete = dict(zip(state.digests, state.frames, strict=True))
        self._incomplete = {each.digest: (each.known, each.completed) for each in state.incomplete}
        self.pending = state.pending
        """Frames of incomplete sessions without an outcome, also of those that were forgotten."""

    def add(self, camera: str, session: str, frames: SessionFrames) -> None:
        """Store the frames of a session that is no longer kept by name."""
        digest, known = _digest(camera, session), pack(frames.known.runs)
        if frames.pending:
            self._incomplete[digest] = known, pack(frames.completed.runs)
            self.pending += frames.pending
            _forget_oldest(self._incomplete, self._incomplete_limit)
        else:
            self._complete[digest] = known
            _forget_oldest(self._complete, self._limit)

    def take(self, camera: str, session: str) -> SessionFrames:
        """Remove and return the frames of a session; empty for one that is not stored."""
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
    """Delete the oldest entries, many at once: a dictionary finds its first key the slower, the
    more keys before it were deleted."""
    if len(sessions) > limit:
        for digest in list(islice(sessions, 1 + limit // 64)):
            del sessions[digest]


def _digest(camera: str, session: str) -> int:
    """Eight bytes: among MAX_CLOSED of them, two collide once in 500 million pipelines."""
    name = f"{camera}/{session}".encode()
    return int.from_bytes(blake2b(name, digest_size=8).digest())
