"""Complete sessions, as little of each as recognises a late entry."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Self

from framemesh.core.ledger.packed_runs import Runs, pack, unpack

MAX_CLOSED = 262_144
"""Of one pipeline: 4,000 cameras with 64 sessions each. They take 50 MB of memory, and 3 MB on
record, which must fit into one message of the broker (8 MB)."""


@dataclass(frozen=True, slots=True)
class ClosedState:
    """All closed sessions, oldest first: the digest of each, and its packed frames."""

    digests: tuple[int, ...] = ()
    frames: tuple[bytes, ...] = ()


class ClosedSessions:
    """Sessions all of whose known frames have their outcome, of all cameras of a pipeline.

    An entry may come hours after its session ended: a camera that was cut off sends its last frames
    again, an ingest that was stopped writes what it had to. So what became a sum is not forgotten
    by age, but only when so many others ended since that there is no room; an entry that comes
    later still would be counted as that of a new session.
    """

    def __init__(self, limit: int = MAX_CLOSED) -> None:
        self._limit = limit
        self._frames: dict[int, bytes] = {}

    @classmethod
    def of(cls, state: ClosedState) -> Self:
        """The sessions whose `state` this is.

        Raises:
            ValueError: it is none.
        """
        found = cls()
        found._frames.update(zip(state.digests, state.frames, strict=True))
        return found

    def add(self, camera: str, session: str, frames: Runs) -> None:
        """Keep the frames of a session that is complete."""
        self._frames[_digest(camera, session)] = pack(frames)
        if len(self._frames) > self._limit:
            del self._frames[next(iter(self._frames))]

    def take(self, camera: str, session: str) -> Runs:
        """The frames of a session that is open again; none for one that is not here."""
        return unpack(self._frames.pop(_digest(camera, session), b""))

    def has(self, camera: str, session: str, sequence: int) -> bool:
        """Whether that frame is among them."""
        runs = unpack(self._frames.get(_digest(camera, session), b""))
        return any(first <= sequence <= last for first, last in runs)

    @property
    def state(self) -> ClosedState:
        return ClosedState(tuple(self._frames), tuple(self._frames.values()))


def _digest(camera: str, session: str) -> int:
    """Eight bytes: among MAX_CLOSED of them, two are alike once in 500 million pipelines."""
    name = f"{camera}/{session}".encode()
    return int.from_bytes(blake2b(name, digest_size=8).digest())
