"""The segments of a JPEG's header, found as libjpeg finds them.

Some cameras put bytes between the segments of a header that belong to none. libjpeg goes on at the
next marker, and so does this.
"""

import re
from dataclasses import dataclass

from framemesh.core.images.errors import (
    BadImage,
    NotAnImage,
    TruncatedImage,
    UnsupportedImage,
    truncated,
)

JPEG_SIGNATURE = b"\xff\xd8"

START_OF_SCAN = 0xDA

STARTS_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The sixteen kinds of JPEG; the three left out are tables and an extension."""

_ALONE = frozenset(range(0xD0, 0xD8)) | {0x01}
"""Markers without a length: restarts, and TEM."""
_SEGMENTS = (STARTS_OF_FRAME | frozenset(range(0xDA, 0xDE)) | frozenset(range(0xE0, 0xF0))) | {
    0xC4,
    0xCC,
    0xFE,
}
"""Markers that libjpeg reads or skips by their length: frames, tables, applications' own, comments.
At any other one it gives up."""

_MAX_MARKERS = 4096
"""Before the pixels. A colour profile and an EXIF block take some 300 at most; two million, which
fit into 8 MB, would take a second to walk through."""

MAX_STRAY_BYTES = 64 * 1024
"""Between the segments of a header. Cameras put a few there; to look for the next marker in 8 MB of
them would take 50 ms."""

_FILL = re.compile(rb"\xff*")
_NEXT = re.compile(rb"\xff[^\x00\xff]")
"""The next marker, also behind bytes that belong to no segment."""


@dataclass(frozen=True, slots=True)
class JpegSegments:
    """Where the parts of a header are that matter, each as an index into the image."""

    frame: int
    """Of the marker of the frame, which declares the size."""
    scan: int
    """Of the marker of the first scan."""
    gaps: tuple[tuple[int, int], ...]
    """Start and end of each gap between segments."""


def find_segments(image: bytes) -> JpegSegments:
    """Walk through a header up to its first scan; the work is bounded.

    Raises:
        NotAnImage, TruncatedImage, UnsupportedImage: libjpeg would give up here.
        IndexError: it ends within a segment.
    """
    frame, strays, at = 0, 0, len(JPEG_SIGNATURE)
    gaps: list[tuple[int, int]] = []
    for _ in range(_MAX_MARKERS):
        if image[at] != 0xFF or image[at + 1] not in _SEGMENTS:
            start = at
            at, more = _next_marker(image, start, MAX_STRAY_BYTES - strays)
            strays += more
            if at > start:
                gaps.append((start, at))
        marker = image[at + 1]
        if marker == START_OF_SCAN:
            if not frame:
                raise NotAnImage("a JPEG whose pixels come before their size")
            return JpegSegments(frame, at, tuple(gaps))
        if marker in STARTS_OF_FRAME:
            if frame:
                raise NotAnImage("a JPEG that declares its size twice")
            frame = at
        if marker in _SEGMENTS:
            length = image[at + 2] << 8 | image[at + 3]
            # Of a segment that claims to be shorter than its length, libjpeg skips the length.
            at += 2 + length if length > 1 else 4
        elif marker in _ALONE:
            at += 2
        else:
            raise _refused(marker, at)
    raise NotAnImage(f"a JPEG with more than {_MAX_MARKERS} markers before its pixels")


def _next_marker(image: bytes, at: int, max_strays: int) -> tuple[int, int]:
    """Where the next marker is, and how many bytes before it belong to no segment."""
    # Any number of 0xFF may fill a gap; megabytes of them must not cost a loop.
    filled = _FILL.match(image, at).end()  # type: ignore[union-attr]  # it matches nothing, too
    end = filled + max_strays + 2
    found = _NEXT.search(image, max(at, filled - 1), end)
    if found is None:
        raise _no_marker(image, filled, end)
    return found.start(), max(0, found.start() - filled)


def _no_marker(image: bytes, filled: int, end: int) -> BadImage:
    if end < len(image):
        return NotAnImage(
            f"a JPEG with a broken header: over {MAX_STRAY_BYTES} bytes between its segments, "
            f"up to byte {end}"
        )
    if filled < len(image):
        return NotAnImage(f"a JPEG with a broken header: no marker after byte {filled}")
    return truncated(image, "its header is incomplete")


def _refused(marker: int, at: int) -> BadImage:
    match marker:
        case 0xD8:
            return NotAnImage(f"a JPEG in whose header another one begins, at byte {at}")
        case 0xD9:
            return TruncatedImage(f"a JPEG that ends at byte {at}, before its pixels")
        case _:
            return UnsupportedImage(
                f"a JPEG with the marker ff {marker:02x} at byte {at}, which no decoder knows"
            )
