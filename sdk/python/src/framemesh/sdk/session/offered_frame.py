"""A frame as the SDK keeps it until ingest answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

MAX_FILTERED = 10_000_000
"""Frames that one may stand for, as ingest takes them: two days of 60 a second."""


@dataclass(frozen=True, slots=True)
class OfferedFrame:
    """A frame with its sequence number, 1-based in its session."""

    sequence: int
    captured_unix_nano: int
    image: bytes
    crc32: int
    """CRC-32 (as zlib computes it) of the image, compared by the worker."""
    withheld_bytes: int = 0
    """Size of an image that is larger than ingest takes, and so is not sent."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Passed on with the frame."""
    sent_unix_nano: int = 0
    """When `send` was called, where that is not when it was captured; else 0."""

    filtered: int = 0
    """Frames in a row, up to this one, that the camera's own filter dropped: they are told with
    this one, which has no image."""

    @property
    def frames(self) -> int:
        """That it stands for."""
        return max(1, self.filtered)

    def joined(self, later: "OfferedFrame") -> "OfferedFrame | None":
        """Both as one, where the filter dropped all of either; else None."""
        frames = self.filtered + later.filtered
        is_run = (
            self.filtered and later.filtered and self.sequence + later.filtered == later.sequence
        )
        return replace(later, filtered=frames) if is_run and frames <= MAX_FILTERED else None

    def within(self, max_frame_bytes: int) -> "OfferedFrame":
        """This frame, without its image if that is larger."""
        if len(self.image) <= max_frame_bytes:
            return self
        return replace(self, image=b"", withheld_bytes=len(self.image))
