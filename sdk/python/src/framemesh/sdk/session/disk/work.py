"""What the core of a camera asks of its spool on disk, and what the disk says."""

from dataclasses import dataclass
from enum import Enum, auto

from framemesh.sdk.session.credit import Credit
from framemesh.sdk.session.offered_frame import OfferedFrame


@dataclass(frozen=True, slots=True)
class SpoolOpened:
    """What was found in the spool."""

    session: str
    next_sequence: int
    unread: int
    """Frames that are neither settled nor read."""
    used_bytes: int
    cut_bytes: int
    """Of records that were not whole."""
    folder: str


@dataclass(frozen=True, slots=True)
class DiskWork:
    """To be done in this order."""

    settled: tuple[int, ...] = ()
    """Ingest answered these frames."""
    frames: tuple[OfferedFrame, ...] = ()
    """To be written."""
    sent: int = 0
    """The first so many of `frames` are about to be sent: they are not read again."""
    load: Credit | None = None
    """Read frames, oldest first, up to so many. They are about to be sent as well."""
    sync: bool = False
    """Put everything on the disk itself."""


class Stored(Enum):
    """What became of a frame that was to be written."""

    SENT = auto()
    WAITING = auto()
    DROPPED = auto()
    """There was no room, and nothing else could go."""
    FAILED = auto()
    """The disk did not take it."""


@dataclass(frozen=True, slots=True)
class DiskDone:
    """What became of the work, and what is on the disk now."""

    stored: tuple[Stored, ...]
    """Of each of the frames."""
    loaded: tuple[OfferedFrame, ...]
    dropped: int
    """Frames that were there and never sent: for room, or too old, or damaged."""
    damaged: int
    unread: int
    """Frames that are there, and in no memory."""
    used_bytes: int
    """What the bound in bytes counts."""
    reclaimable: int
    """Bytes of those that go if the next frame needs them."""
    oldest_unix_nano: int | None
    """When the oldest of `unread` was taken, by the camera's clock."""
    is_synced: bool
    problem: str
    """Why something was not done; empty if everything was."""
