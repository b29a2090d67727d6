"""What an encoded image says of itself, read without decoding it.

It is enough to refuse what is no image, what was cut off on its way, and what would take gigabytes
or minutes to decode; only decoding shows whether the pixels are sound.
"""

import re
import struct
from dataclasses import dataclass
from enum import StrEnum

from framemesh.core.errors import Code, FramemeshError

MAX_PIXELS = 64 * 1024 * 1024
"""Of a frame: four times a large camera's 16 megapixels, and 192 MiB once decoded."""

MAX_SCANS = 100
"""Of a JPEG. A decoder passes over the whole picture once a scan, so 4,000 scans in half a megabyte
would take it 15 s. Progressive encoders write 10, those that optimise up to 30; a hundred scans of
MAX_PIXELS take a second."""

MAX_COMPRESSED_TEXTS = 16
"""Of a PNG: chunks of text or a colour profile, which decoders inflate to 8 MB each, in 40 ms."""


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

    @property
    def pixels(self) -> int:
        return self.width * self.height


class BadImage(FramemeshError):
    """The bytes are no image that may be decoded."""

    code = Code.INVALID
    reason = "bad_image"
    """One stable word for metrics and outcomes."""


class EmptyImage(BadImage):
    """There are no bytes."""

    reason = "empty"


class NotAnImage(BadImage):
    """It is not a JPEG, PNG or WebP, or its header is broken."""

    reason = "not_an_image"


class TruncatedImage(BadImage):
    """It begins as an image, and its end is missing."""

    reason = "truncated"


class TooManyPixels(BadImage):
    """Decoded, it would take more memory than a frame may."""

    reason = "too_many_pixels"


class TooSlowToDecode(BadImage):
    """Decoded, it would take a worker much longer than its pixels are worth."""

    reason = "too_slow_to_decode"


def check_image(image: bytes, max_pixels: int = MAX_PIXELS) -> ImageHeader:
    """The header of an image that may be decoded.

    Raises:
        EmptyImage, NotAnImage, TruncatedImage: as `read_header`.
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
    """
    if not image:
        raise EmptyImage("the image is empty: nothing was captured or encoded")
    try:
        header = _read(image)
    except (IndexError, struct.error) as error:
        raise _truncated(image, "its header is incomplete") from error
    if header.width < 1 or header.height < 1:
        raise NotAnImage(f"a {header.format} that declares {header.width}x{header.height} pixels")
    return header


def _read(image: bytes) -> ImageHeader:
    if image.startswith(_JPEG_SIGNATURE):
        return _jpeg(image)
    if image.startswith(_PNG_SIGNATURE):
        return _png(image)
    if image.startswith(b"RIFF") and image[8:12] in (b"WEBP", b""):
        return _webp(image)
    raise NotAnImage(f"the image begins with {image[:8].hex(' ')}: send JPEG, PNG or WebP, encoded")


def _truncated(image: bytes, why: str) -> TruncatedImage:
    return TruncatedImage(f"the image is cut off after {len(image)} bytes: {why}")


_JPEG_SIGNATURE = b"\xff\xd8"
_JPEG_END = b"\xff\xd9"
_START_OF_SCAN = 0xDA
_STARTS_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The sixteen kinds of JPEG; the three left out are tables and an extension."""
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_ALONE = frozenset(range(0xD0, 0xD8)) | {0x01}
"""Markers without a length: restarts, and TEM."""

_FILL = re.compile(rb"\xff+")
_MAX_MARKERS = 4096
"""Before the pixels. A colour profile and an EXIF block take some 300 at most; two million, which
fit into 8 MB, would take a second to walk through."""

_U16 = struct.Struct(">H")
_FRAME = struct.Struct(">BHHB")  # bits per sample, height, width, components

_MARKER = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")
"""One that ends the pixels of a scan: neither a stuffed byte, a restart, nor one without length."""


def _jpeg(image: bytes) -> ImageHeader:
    marker, frame, at = _jpeg_frame(image)
    # Only after the scan began: the thumbnail in an EXIF block has an end of its own.
    if image.rfind(_JPEG_END, at) < 0:
        raise _truncated(image, "a JPEG without its end marker")
    _, height, width, components = _FRAME.unpack_from(image, frame)
    whole = image[at + 2] == components and marker not in _PROGRESSIVE
    scans = 1 if whole else _count_scans(image, at)
    return ImageHeader(ImageFormat.JPEG, width, height, scans)


def _jpeg_frame(image: bytes) -> tuple[int, int, int]:
    """The marker of a JPEG's frame, where its header is, and where that of its first scan is."""
    found: tuple[int, int] | None = None
    at = 2
    for _ in range(_MAX_MARKERS):
        at, marker = _next_marker(image, at)
        if marker == _START_OF_SCAN:
            if found is None:
                raise NotAnImage("a JPEG whose pixels come before their size")
            return *found, at
        if marker in _ALONE:
            continue
        if marker in _STARTS_OF_FRAME:
            found = marker, at + 2
        at += _U16.unpack_from(image, at)[0]
    raise NotAnImage(f"a JPEG with more than {_MAX_MARKERS} markers before its pixels")


def _count_scans(image: bytes, at: int) -> int:
    """How many scans a JPEG has, counted as a decoder does that skips what it does not know; at
    most MAX_SCANS + 1.

    `at` is where the header of the first scan is.
    """
    scans = 1
    for _ in range(_MAX_MARKERS):
        at += _U16.unpack_from(image, at)[0]
        found = _MARKER.search(image, at)
        if found is None or found.group() == _JPEG_END:
            return scans
        at = found.end()
        if image[at - 1] == _START_OF_SCAN:
            scans += 1
            if scans > MAX_SCANS:
                return scans
    return MAX_SCANS + 1


def _next_marker(image: bytes, at: int) -> tuple[int, int]:
    """The marker at `at`, and where what follows it begins."""
    if image[at] != 0xFF:
        raise NotAnImage(f"a JPEG with a broken header: no marker at byte {at}")
    # Any number of 0xFF may fill the gap before a marker; megabytes of them must not cost a loop.
    at = _FILL.match(image, at).end()  # type: ignore[union-attr]  # it matches what was just seen
    return at + 1, image[at]


_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB`\x82"
_IHDR = struct.Struct(">4sII")  # after the chunk's length
_CHUNK = struct.Struct(">I4s")  # length of its content, kind
_CHUNK_OVERHEAD = 12
"""Of a chunk, in bytes: its length, its kind and its checksum."""
_MAX_CHUNKS = 16_384
"""Encoders put 8 KB of pixels or more into one, which makes a thousand of the largest frame."""
_PNG_COMPRESSED = frozenset({b"zTXt", b"iTXt", b"iCCP"})


def _png(image: bytes) -> ImageHeader:
    kind, width, height = _IHDR.unpack_from(image, 12)
    if kind != b"IHDR":
        raise NotAnImage("a PNG that does not begin with its header chunk")
    if image.rfind(_PNG_END) < 0:
        raise _truncated(image, "a PNG without its end chunk")
    texts = _count_compressed_texts(image)
    return ImageHeader(ImageFormat.PNG, width, height, compressed_texts=texts)


def _count_compressed_texts(image: bytes) -> int:
    """How many chunks of a PNG a decoder inflates besides the pixels; at most
    MAX_COMPRESSED_TEXTS + 1."""
    texts, at = 0, len(_PNG_SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if texts > MAX_COMPRESSED_TEXTS or at + _CHUNK.size > len(image):
            return texts
        length, kind = _CHUNK.unpack_from(image, at)
        texts += kind in _PNG_COMPRESSED
        at += length + _CHUNK_OVERHEAD
    return MAX_COMPRESSED_TEXTS + 1


_U16_LITTLE = struct.Struct("<H")
_U32_LITTLE = struct.Struct("<I")
_VP8_START = b"\x9d\x01\x2a"
_VP8L_SIGNATURE = 0x2F
_14_BITS = 0x3FFF
_24_BITS = 0xFFFFFF


def _webp(image: bytes) -> ImageHeader:
    declared = _U32_LITTLE.unpack_from(image, 4)[0] + 8
    width, height = _webp_size(image, image[12:16])
    if len(image) < declared:
        raise _truncated(image, f"a WebP of {declared} bytes")
    return ImageHeader(ImageFormat.WEBP, width, height)


def _webp_size(image: bytes, kind: bytes) -> tuple[int, int]:
    match kind:
        case b"VP8 ":  # lossy: 3 bytes of frame tag, a start code, two sizes of 14 bits
            width, height = (_U16_LITTLE.unpack_from(image, at)[0] & _14_BITS for at in (26, 28))
            if image[23:26] != _VP8_START:
                raise NotAnImage("a lossy WebP without its start code")
            return width, height
        case b"VP8L":  # lossless: a signature, two sizes of 14 bits, less one
            bits = _U32_LITTLE.unpack_from(image, 21)[0]
            if image[20] != _VP8L_SIGNATURE:
                raise NotAnImage("a lossless WebP without its signature")
            return (bits & _14_BITS) + 1, (bits >> 14 & _14_BITS) + 1
        case b"VP8X":  # extended: four bytes of flags, two sizes of 24 bits, less one
            width = (_U32_LITTLE.unpack_from(image, 24)[0] & _24_BITS) + 1
            return width, (_U32_LITTLE.unpack_from(image, 26)[0] >> 8) + 1
        case _ if len(kind) < 4:
            raise IndexError
        case _:
            raise NotAnImage(f"a WebP whose first chunk is {kind!r}")
