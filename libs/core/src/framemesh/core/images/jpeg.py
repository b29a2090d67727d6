"""What the header of a JPEG says."""

import re
import struct

from framemesh.core.images.errors import UnsupportedImage, truncated
from framemesh.core.images.header import ImageFormat, ImageHeader
from framemesh.core.images.jpeg_scans import missing_scans
from framemesh.core.images.jpeg_segments import START_OF_SCAN, find_segments

MAX_SCANS = 100
"""Of a JPEG. A decoder passes over the whole picture once a scan, so 4,000 scans in half a megabyte
would take it 15 s. Progressive encoders write 10, those that optimise up to 30; a hundred scans of
MAX_PIXELS take a second."""

_END = b"\xff\xd9"
_DECODED = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
"""Kinds of frames: baseline, extended and progressive, by Huffman or arithmetic codes. The others
are lossless or hierarchical."""
_PROGRESSIVE = frozenset({0xC2, 0xCA})
_COMPONENTS = frozenset({1, 3, 4})
"""Grey, colour, and the four inks of a printer."""
_BITS = 8
"""Of a sample."""

_MAX_MARKERS = 4096
"""Between scans."""

_U16 = struct.Struct(">H")
_FRAME = struct.Struct(">BHHB")  # bits per sample, height, width, components

_END_OF_SCAN = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")
"""The next one that ends the pixels of a scan: no restart, and none without a length."""

_EXIF = b"Exif\0\0"
_ORIENTED = re.compile(rb"\x01\x12.{6}(?!\x00\x01)|\x12\x01.{6}(?!\x01\x00)", re.DOTALL)
"""What may be an EXIF entry for an orientation other than the usual one, in either byte order."""


def read_jpeg(image: bytes) -> ImageHeader:
    """
    Raises:
        NotAnImage, TruncatedImage, UnsupportedImage: as they say.
        IndexError, struct.error: it ends within its header.
    """
    found = find_segments(image)
    frame, scan = found.frame, found.scan
    width, height, components = _checked_frame(image, frame)
    # Only after the scan began: the thumbnail in an EXIF block has an end of its own.
    if image.rfind(_END, scan) < 0:
        raise truncated(image, "a JPEG without its end marker")
    progressive = image[frame + 1] in _PROGRESSIVE
    scans, damage = [scan + 2], ""
    if progressive or image[scan + 4] != components:
        scans = _find_scans(image, scan + 2)
        damage = missing_scans(image, frame, scans, progressive=progressive)
    return ImageHeader(
        ImageFormat.JPEG,
        width,
        height,
        len(scans),
        has_gaps=bool(found.gaps),
        may_be_oriented=_may_be_oriented(image, scan),
        damage=damage,
    )


def without_gaps(image: bytes) -> bytes:
    """A JPEG that `read_jpeg` has read, without the bytes between its segments.

    A decoder takes both for the same picture, but warns of such bytes as of damage.
    """
    gaps = find_segments(image).gaps
    starts = [0, *(end for _, end in gaps)]
    ends = [*(start for start, _ in gaps), len(image)]
    return b"".join(image[start:end] for start, end in zip(starts, ends, strict=True))


def _checked_frame(image: bytes, start: int) -> tuple[int, int, int]:
    """Width, height and number of components as the frame header at `start` declares them."""
    bits, height, width, components = _FRAME.unpack_from(image, start + 4)
    if image[start + 1] not in _DECODED:
        raise UnsupportedImage("a lossless or hierarchical JPEG: encode it as baseline")
    if bits != _BITS:
        raise UnsupportedImage(f"a JPEG of {bits} bits a sample: encode it with {_BITS}")
    if components not in _COMPONENTS:
        raise UnsupportedImage(f"a JPEG of {components} components: encode it in colour or grey")
    return width, height, components


def _may_be_oriented(image: bytes, end: int) -> bool:
    exif = image.find(_EXIF, 0, end)
    return exif >= 0 and _ORIENTED.search(image, exif, end) is not None


def _find_scans(image: bytes, at: int) -> list[int]:
    """Where the headers of the scans are, found as a decoder does that skips what it does not know;
    at most MAX_SCANS + 1.

    `at` is where the header of the first scan is.
    """
    scans = [at]
    for _ in range(_MAX_MARKERS):
        at += _U16.unpack_from(image, at)[0]
        found = _END_OF_SCAN.search(image, at)
        if found is None or found.group() == _END:
            return scans
        at = found.end()
        if image[at - 1] == START_OF_SCAN:
            scans.append(at)
            if len(scans) > MAX_SCANS:
                return scans
    # Markers without end: as bad as scans.
    return scans + [at] * (MAX_SCANS + 1 - len(scans))
