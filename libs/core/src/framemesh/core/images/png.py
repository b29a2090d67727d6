"""The header of a PNG."""

import struct

from framemesh.core.images.errors import NotAnImage, truncated
from framemesh.core.images.header import ImageFormat, ImageHeader

MAX_COMPRESSED_TEXTS = 16
"""Of a PNG: chunks of text or a colour profile, which decoders inflate to 8 MB each, in 40 ms."""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB`\x82"
_IHDR = struct.Struct(">4sII")  # after the chunk's length
_CHUNK = struct.Struct(">I4s")  # length of its content, kind
_CHUNK_OVERHEAD = 12
"""Of a chunk, in bytes: its length, its kind and its checksum."""
_MAX_CHUNKS = 16_384
"""Encoders put 8 KB of pixels or more into one, which makes a thousand of the largest frame."""
_PNG_COMPRESSED = frozenset({b"zTXt", b"iTXt", b"iCCP"})


def read_png(image: bytes) -> ImageHeader:
    """
    Raises:
        NotAnImage, TruncatedImage: as they say.
        IndexError, struct.error: it ends within its header.
    """
    kind, width, height = _IHDR.unpack_from(image, 12)
    if kind != b"IHDR":
        raise NotAnImage("a PNG that does not begin with its header chunk")
    if image.rfind(_PNG_END) < 0:
        raise truncated(image, "a PNG without its end chunk")
    texts = _count_compressed_texts(image)
    return ImageHeader(ImageFormat.PNG, width, height, compressed_texts=texts)


def _count_compressed_texts(image: bytes) -> int:
    """How many chunks of a PNG a decoder inflates besides the pixels; at most
    MAX_COMPRESSED_TEXTS + 1."""
    texts, at = 0, len(PNG_SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if texts > MAX_COMPRESSED_TEXTS or at + _CHUNK.size > len(image):
            return texts
        length, kind = _CHUNK.unpack_from(image, at)
        texts += kind in _PNG_COMPRESSED
        at += length + _CHUNK_OVERHEAD
    return MAX_COMPRESSED_TEXTS + 1
