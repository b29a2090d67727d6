"""What the header of an image tells."""

from dataclasses import dataclass
from enum import StrEnum


class ImageFormat(StrEnum):
    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"


@dataclass(frozen=True, slots=True)
class ImageHeader:
    format: ImageFormat
    width: int
    height: int
    """In pixels, as stored: an EXIF orientation is not applied."""
    scans: int = 1
    """Times that a decoder passes over the picture; more than 1 in a progressive JPEG only."""
    compressed_texts: int = 0
    """Chunks of a PNG that a decoder inflates besides the pixels."""

    has_gaps: bool = False
    """Whether a JPEG has bytes between the segments of its header that belong to none."""
    may_be_oriented: bool = False
    """Whether a decoder may have to turn the picture, as an EXIF block in a JPEG says."""
    damage: str = ""
    """What of the pixels is missing, where the container tells and its decoder does not."""

    @property
    def pixels(self) -> int:
        return self.width * self.height
