"""Which encoded images may be decoded, by what their headers say; nothing is decoded.

It is enough to refuse what is no image, what was cut off on its way, and what would take gigabytes
or minutes to decode; only decoding shows whether the pixels are sound.
"""

import struct

from framemesh.core.images.errors import (
    EmptyImage,
    NotAnImage,
    TooManyPixels,
    TooSlowToDecode,
    truncated,
)
from framemesh.core.images.header import ImageHeader
from framemesh.core.images.jpeg import MAX_SCANS, read_jpeg
from framemesh.core.images.jpeg_segments import JPEG_SIGNATURE
from framemesh.core.images.png import MAX_COMPRESSED_TEXTS, PNG_SIGNATURE, read_png
from framemesh.core.images.webp import read_webp

MAX_PIXELS = 64 * 1024 * 1024
"""Of a frame: four times a large camera's 16 megapixels, and 192 MiB once decoded."""


def check_image(image: bytes, max_pixels: int = MAX_PIXELS) -> ImageHeader:
    """The header of an image that may be decoded.

    Raises:
        EmptyImage, NotAnImage, TruncatedImage, UnsupportedImage: as `read_header`.
        TooManyPixels: it declares more than `max_pixels`.
        TooSlowToDecode: it has more scans or compressed texts than any encoder writes.
    """
    header = read_header(image)
    if header.pixels > max_pixels:
        raise TooManyPixels(
            f"{header.width}x{header.height} is {header.pixels} pixels, over the limit of "
            f"{max_pixels}: send a smaller picture"
        )
    if header.scans > MAX_SCANS:
        raise TooSlowToDecode(
            f"a JPEG of more than {MAX_SCANS} scans: encode it as baseline, or with fewer scans"
        )
    if header.compressed_texts > MAX_COMPRESSED_TEXTS:
        raise TooSlowToDecode(
            f"a PNG with more than {MAX_COMPRESSED_TEXTS} compressed texts: send it without"
        )
    return header


def read_header(image: bytes) -> ImageHeader:
    """Format and size of an image, in microseconds.

    Raises:
        EmptyImage: there are no bytes.
        NotAnImage: it is neither JPEG, PNG nor WebP.
        TruncatedImage: its end is missing.
        UnsupportedImage: no worker decodes its kind.
    """
    if not image:
        raise EmptyImage("the image is empty: nothing was captured or encoded")
    try:
        header = _read(image)
    except (IndexError, struct.error) as error:
        raise truncated(image, "its header is incomplete") from error
    if header.width < 1 or header.height < 1:
        raise NotAnImage(f"a {header.format} that declares {header.width}x{header.height} pixels")
    return header


def _read(image: bytes) -> ImageHeader:
    if image.startswith(JPEG_SIGNATURE):
        return read_jpeg(image)
    if image.startswith(PNG_SIGNATURE):
        return read_png(image)
    if image.startswith(b"RIFF") and image[8:12] in (b"WEBP", b""):
        return read_webp(image)
    raise NotAnImage(f"the image begins with {image[:8].hex(' ')}: send JPEG, PNG or WebP, encoded")
