"""What a source says: values that the process of a source sends to whoever reads it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Opened:
    """A source is open, and frames follow."""

    live: bool
    """Whether it goes on while nobody reads: only its newest frame waits, and its end is a
    failure."""
    length: int | None = None
    """How many frames it declares to have."""
    description: str = ""
    """"h264 1920x1080 25/s": for people."""
    left_out: tuple[str, ...] = ()
    """What lies beside its frames and is of no kind that is read."""


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """One frame of a source, encoded as ingest takes it."""

    number: int
    """1-based: which one of the source, also counting what was skipped."""
    name: str
    """A file, or a video and the number of the frame in it."""
    image: bytes
    captured_unix_nano: int
    """When it was captured: by the source's own clock where it has one, else when it arrived."""
    is_original: bool
    """Whether these are the bytes of the source, and not encoded for sending."""
    progress: float | None = None
    """How much of the source is read, 0 to 1."""


@dataclass(frozen=True, slots=True)
class UnreadableFrame:
    """One entry of a source that cannot be read; the others can."""

    reason: str


@dataclass(frozen=True, slots=True)
class Alive:
    """The process of a source answers. Counts since it was opened."""

    received: int
    """Frames that the source gave."""
    skipped: int
    """Of these, those that were not wanted, or gave way to newer ones."""
    filtered: int
    """Of these, those without motion."""
    damaged: int
    """Of these, those that cannot be decoded."""
    quiet_seconds: float
    """Since the last frame."""


class EndKind(StrEnum):
    """How a source ended: exactly one of these."""

    END = "end"
    ERROR = "error"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Ended:
    """There is nothing more."""

    kind: EndKind
    reason: str = ""
    permanent: bool = False
    """Whether the same would happen again."""
    shortfall: str = ""
    """Of a file that gave less than it declares, in words."""


SourceMessage: TypeAlias = Opened | SourceFrame | UnreadableFrame | Alive | Ended
