"""Decoding and encoding single images."""

import cv2
import numpy as np

from framemesh.pixels import scaled
from framemesh.sources.encoding import Encoding, ImageFormat, NotEncodable
from framemesh.sources.readers.picture import Picture, Pixels
from framemesh.sources.spec import SourceSpec


def decoded(content: bytes) -> Pixels | None:
    """Upright by its EXIF orientation; None if it is no image."""
    if not content:
        return None
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        # More pixels than OpenCV takes.
        return None
    return None if picture is None else np.asarray(picture, np.uint8)


def pixels_of(picture: Picture) -> Pixels | None:
    """None: what it has is no image."""
    if picture.decode is not None:
        return picture.decode()
    return decoded(picture.encoded or b"")


def to_send(picture: Picture, spec: SourceSpec) -> tuple[bytes, bool]:
    """The image that is sent, and whether it is as the source has it.

    Raises:
        NotEncodable: the format does not take it.
    """
    kept = picture.encoded is not None and spec.encoding.keeps(picture.encoded)
    if kept and not _is_larger(picture, spec):
        return picture.encoded or b"", True
    pixels = pixels_of(picture)
    if pixels is None:
        # What nobody can decode is sent too: ingest refuses it, with the reason.
        return picture.encoded or b"", True
    small = resized(pixels, spec.max_width, spec.max_height)
    if kept and small is pixels:
        return picture.encoded or b"", True
    return encode(small, spec.encoding), False


def resized(pixels: Pixels, max_width: int, max_height: int) -> Pixels:
    """Within the bounds, with its proportions; the same array where it is already. 0: no bound."""
    height, width = pixels.shape[:2]
    scale = min(max_width / width if max_width else 1.0, max_height / height if max_height else 1.0)
    if scale >= 1.0:
        return pixels
    return scaled(pixels, max(1, round(width * scale)), max(1, round(height * scale)))


def encode(pixels: Pixels, encoding: Encoding) -> bytes:
    """A picture as it is sent.

    Raises:
        NotEncodable: the format does not take it.
    """
    suffix, options = ".png", []
    if encoding.format is not ImageFormat.PNG:
        suffix, options = ".jpg", [cv2.IMWRITE_JPEG_QUALITY, encoding.jpeg_quality]
    try:
        done, image = cv2.imencode(suffix, pixels, options)
    except cv2.error:
        done = False
    if not done:
        height, width = pixels.shape[:2]
        raise NotEncodable(f"{width}x{height} pixels cannot be encoded as {encoding}")
    return image.tobytes()


def _is_larger(picture: Picture, spec: SourceSpec) -> bool:
    """Whether it may have to be made smaller; what has no known size is decoded to see."""
    if not spec.resizes:
        return False
    if picture.size is None:
        return True
    width, height = picture.size
    return bool(spec.max_width and width > spec.max_width) or bool(
        spec.max_height and height > spec.max_height
    )
