"""What a camera offers, and what it is answered."""

from dataclasses import dataclass

from framemesh.ingest.frame_validation import FrameRejection


@dataclass(frozen=True, slots=True)
class OfferedFrame:
    """A frame as the camera offers it."""

    sequence: int
    captured_unix_nano: int
    """By our clock."""
    image: bytes
    crc32: int
    """As the camera made it: nobody here compares."""
    withheld_bytes: int = 0


@dataclass(frozen=True, slots=True)
class CreditLimit:
    """What a camera may have under way."""

    frames: int
    bytes: int


@dataclass(frozen=True, slots=True)
class RejectedFrame:
    """A frame that was refused, and why."""

    sequence: int
    rejection: FrameRejection


@dataclass(frozen=True, slots=True)
class AckBatch:
    """What became of some frames: accepted ones are stored and on record, so are refusals."""

    accepted: tuple[int, ...]
    rejected: tuple[RejectedFrame, ...]
