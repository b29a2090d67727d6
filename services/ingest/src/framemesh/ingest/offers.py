"""Frames as a camera offers them, and how they are acknowledged."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from framemesh.ingest.frame_validation import FrameRejection


@dataclass(frozen=True, slots=True)
class OfferedFrame:
    """A frame as the camera offers it."""

    sequence: int
    captured_unix_nano: int
    """By the clock of ingest."""
    image: bytes
    crc32: int
    """Of the image, as the camera computed it; the worker compares."""
    withheld_bytes: int = 0
    """Size of an image that the camera kept back, because it is over the limit; else 0."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Passed on with the frame."""
    sent_unix_nano: int = 0
    """When the camera sent it, by the clock of ingest."""
    received_unix_nano: int = 0
    """When it was here."""
    filtered: int = 0
    """Frames, up to and with this one, that the camera's own filter dropped: it has no image."""

    @property
    def first_sequence(self) -> int:
        """Of the first of the frames that it stands for."""
        return self.sequence - max(0, self.filtered - 1)


@dataclass(frozen=True, slots=True)
class CreditLimit:
    """What a camera may have under way: sent, and not acknowledged."""

    frames: int
    bytes: int


@dataclass(frozen=True, slots=True)
class RejectedFrame:
    """A frame that was rejected, and why."""

    sequence: int
    rejection: FrameRejection


@dataclass(frozen=True, slots=True)
class AckBatch:
    """Frames that are settled: the accepted are stored, and all are on record in the ledger."""

    accepted: tuple[int, ...]
    rejected: tuple[RejectedFrame, ...]
