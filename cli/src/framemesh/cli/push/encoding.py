"""How frames are sent: files as they are where they can be, all else as JPEG or PNG."""

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.core.errors import Code, FramemeshError
from framemesh.sdk.arrays import to_jpeg
from framemesh.sdk.errors import BadFrame

DEFAULT_QUALITY = 90
"""Of JPEGs that are made here: the default of the SDK for arrays."""


class ImageFormat(StrEnum):
    """What a picture can be encoded as."""

    JPEG = "jpeg"
    PNG = "png"


class NotEncodable(FramemeshError):
    """A picture cannot be encoded, or not in the way that was asked for."""

    code = Code.INVALID


@dataclass(frozen=True, slots=True)
class Encoding:
    """What is asked of the frames of a push."""

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
        return f"JPEG of quality {self._quality}"

    def keeps(self, file: bytes) -> bool:
        """Whether the content of an image file is sent as it is."""
        if file.startswith(b"\xff\xd8\xff"):
            return self.format is not ImageFormat.PNG and self.quality is None
        if file.startswith(b"\x89PNG\r\n\x1a\n"):
            return self.format is not ImageFormat.JPEG
        return self.format is None and file[:4] == b"RIFF" and file[8:12] == b"WEBP"

    def encode(self, picture: NDArray[np.uint8]) -> bytes:
        """A picture [height, width, 3] of BGR uint8 as it is sent.

        Raises:
            NotEncodable: the format does not take it.
        """
        try:
            return self._encoded(picture)
        except (BadFrame, cv2.error) as error:
            height, width = picture.shape[:2]
            raise NotEncodable(f"{width}x{height} pixels cannot be encoded as {self}") from error

    def _encoded(self, picture: NDArray[np.uint8]) -> bytes:
        if self.format is ImageFormat.PNG:
            return cv2.imencode(".png", picture)[1].tobytes()
        return to_jpeg(picture, self._quality)

    @property
    def _quality(self) -> int:
        return DEFAULT_QUALITY if self.quality is None else self.quality


AS_IT_IS = Encoding()
"""The least change: only what the mesh does not take is encoded."""
