"""What `scaled_image.scaled` does, by OpenCV."""

import ctypes
from contextlib import suppress

import cv2
import numpy as np

from framemesh.core.images.check import check_image
from framemesh.core.images.header import ImageFormat, ImageHeader
from framemesh.monitor.dashboard.pictures.scaled_image import NotShowable, ScaledImage

# It would start a thread a CPU for each picture.
cv2.setNumThreads(1)

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Of malloc.h."""


def keep_memory(of_one: int, in_all: int) -> None:
    """Let glibc keep what is freed, in bytes: the page faults of memory that is given back and
    asked for anew take longer than to decode a picture into it."""
    with suppress(OSError, AttributeError):  # of another library there is no such function
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, of_one)
        mallopt(M_TRIM_THRESHOLD, in_all)


keep_memory(of_one=4 * 1024 * 1024, in_all=16 * 1024 * 1024)

MAX_WHOLE_PIXELS = 16 * 1024 * 1024
"""Of a PNG or WebP, which is decoded as it is: 48 MiB. A JPEG of any size that a worker takes is
decoded at an eighth of its size, where that is enough."""

MAX_EXCESS = 1.5
"""How much wider than wanted a picture may be: to make it smaller takes half as long as to decode
it, and browsers do it anyway."""

QUALITY = 80
"""Of 100: no artefact is seen beside the boxes, and 640 x 360 pixels take 40 KB."""

MAX_ALIASING = 2.0
"""How often as wide as wanted a picture may be to be made smaller from its nearest pixels alone: to
ask all of them takes five times as long, and shows nothing more."""

REDUCTIONS = (
    (8, cv2.IMREAD_REDUCED_COLOR_8),
    (4, cv2.IMREAD_REDUCED_COLOR_4),
    (2, cv2.IMREAD_REDUCED_COLOR_2),
)


def scaled(image: bytes, width: int) -> ScaledImage:
    """See `scaled_image.scaled`."""
    header = check_image(image)
    if header.format is not ImageFormat.JPEG and header.pixels > MAX_WHOLE_PIXELS:
        raise NotShowable(f"a {header.format} of {header.pixels} pixels is too large to be shown")
    try:
        return ScaledImage(_made(image, header, width), header.width, header.height)
    except cv2.error as error:
        raise NotShowable(f"the picture cannot be read: {error.err}") from error


def _made(image: bytes, header: ImageHeader, width: int) -> bytes:
    pixels = cv2.imdecode(np.frombuffer(image, np.uint8), _flags(header, width))
    if pixels is None:
        raise NotShowable("the picture cannot be decoded")
    height_now, width_now = pixels.shape[:2]
    if width_now > MAX_EXCESS * width:
        size = (width, max(1, round(height_now * width / width_now)))
        far = width_now > MAX_ALIASING * width
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if far else cv2.INTER_LINEAR)
    _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return jpeg.tobytes()


def _flags(header: ImageHeader, width: int) -> int:
    """The smallest size that a decoder makes at once and that is still wide enough."""
    if header.format is ImageFormat.JPEG:
        for divisor, flags in REDUCTIONS:
            # An orientation may turn it by 90 degrees.
            if min(header.width, header.height) >= width * divisor:
                return flags
            if not header.may_be_oriented and header.width >= width * divisor:
                return flags
    return cv2.IMREAD_COLOR
