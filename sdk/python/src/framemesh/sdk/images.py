"""Frames as the user gives them, and as they are sent."""

from typing import TYPE_CHECKING, TypeAlias

from framemesh.sdk.errors import BadFrame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Image: TypeAlias = "bytes | bytearray | memoryview | NDArray[np.uint8]"
"""An encoded JPEG, PNG or WebP, or a picture [height, width, 3] of BGR uint8."""


def encoded(image: Image, jpeg_quality: int) -> bytes:
    """The encoded image; a picture becomes a JPEG.

    Raises:
        BadFrame: a picture of another shape, or no picture at all.
    """
    if isinstance(image, bytes):
        return image
    if isinstance(image, bytearray | memoryview):
        return bytes(image)
    if not hasattr(image, "__array_interface__"):
        raise BadFrame(
            f"a frame is the bytes of an image or a numpy array, not {type(image).__name__}"
        )
    # Needs numpy and OpenCV, which a camera that sends encoded images has no use for.
    from framemesh.sdk.arrays import to_jpeg  # noqa: PLC0415

    return to_jpeg(image, jpeg_quality)
