"""How frames are sent: files as they are where they can be, all else as JPEG or PNG."""

from dataclasses import dataclass, replace
from enum import StrEnum

from framemesh.core.errors import Code, FramemeshError

DEFAULT_QUALITY = 90
"""Of JPEGs that are made here: the default of the SDK for arrays."""


LEAST_QUALITY = 20
"""Of JPEGs that are made smaller because a pipeline asks: with less nobody finds anything."""


class ImageFormat(StrEnum):
    """What a picture can be encoded as."""

    JPEG = "jpeg"
    PNG = "png"


class NotEncodable(FramemeshError):
    """A picture cannot be encoded, or not in the way that was asked for."""

    code = Code.INVALID


@dataclass(frozen=True, slots=True)
class Encoding:
    """What is asked of the frames of a source."""

    format: ImageFormat | None = None
    """None: image files that the mesh takes as they are, all else as JPEG."""
    quality: int | None = None
    """Of JPEGs, 1 to 100; None: files that are JPEGs as they are, others with DEFAULT_QUALITY."""

    def __post_init__(self) -> None:
        """
        Raises:
            NotEncodable: a quality is asked of PNG.
        """
        if self.format is ImageFormat.PNG and self.quality is not None:
            raise NotEncodable(
                "PNG keeps every pixel: leave out --quality, or choose --format jpeg"
            )

    def __str__(self) -> str:
        if self.format is ImageFormat.PNG:
            return "PNG"
        return f"JPEG of quality {self.jpeg_quality}"

    def lowered(self, share: float) -> "Encoding":
        """With the quality of JPEGs multiplied by `share`, 0 to 1; PNG has none."""
        if share == 1.0 or self.format is ImageFormat.PNG:
            return self
        return replace(self, quality=max(LEAST_QUALITY, round(share * self.jpeg_quality)))

    def keeps(self, file: bytes) -> bool:
        """Whether the content of an image file is sent as it is."""
        if file.startswith(b"\xff\xd8\xff"):
            return self.format is not ImageFormat.PNG and self.quality is None
        if file.startswith(b"\x89PNG\r\n\x1a\n"):
            return self.format is not ImageFormat.JPEG
        return self.format is None and file[:4] == b"RIFF" and file[8:12] == b"WEBP"

    @property
    def jpeg_quality(self) -> int:
        return DEFAULT_QUALITY if self.quality is None else self.quality


AS_IT_IS = Encoding()
"""The least change: only what the mesh does not take is encoded."""
