"""What the containers of PNG and WebP tell of damage, for pictures that cannot be decoded."""

import struct
import zlib

from framemesh.core.images.header import ImageFormat, ImageHeader
from framemesh.core.images.png import PNG_SIGNATURE

_PNG_CHUNK = struct.Struct(">I4s")  # length of its content, kind
_U32_BIG = struct.Struct(">I")
_U32_LITTLE = struct.Struct("<I")
_RIFF_HEADER = 12
_CHUNK_HEADER = 8


def damage_of(image: bytes, header: ImageHeader) -> str:
    """Which part of a PNG or WebP with a sound header is damaged, in one line; empty: its container
    does not tell. It costs a checksum of all of a PNG.
    """
    match header.format:
        case ImageFormat.PNG:
            return _png_damage(image)
        case ImageFormat.WEBP:
            return _webp_damage(image)
        case _:
            return ""


def _png_damage(image: bytes) -> str:
    at = len(PNG_SIGNATURE)
    while at + _PNG_CHUNK.size <= len(image):
        length, kind = _PNG_CHUNK.unpack_from(image, at)
        end = at + _PNG_CHUNK.size + length
        if end + _U32_BIG.size > len(image):
            return f"a chunk of {length} bytes at byte {at} reaches beyond its end"
        if zlib.crc32(memoryview(image)[at + 4 : end]) != _U32_BIG.unpack_from(image, end)[0]:
            return f"the chunk {kind.decode('latin-1')!r} at byte {at} has a wrong checksum"
        if kind == b"IEND":
            return ""
        at = end + _U32_BIG.size
    return "it has no end chunk where its last chunk ends"


def _webp_damage(image: bytes) -> str:
    end = _U32_LITTLE.unpack_from(image, 4)[0] + _CHUNK_HEADER
    at = _RIFF_HEADER
    while at + _CHUNK_HEADER <= end:
        length = _U32_LITTLE.unpack_from(image, at + 4)[0]
        if at + _CHUNK_HEADER + length > end:
            return f"a chunk of {length} bytes at byte {at} reaches beyond its {end} bytes"
        # Contents are padded to an even length.
        at += _CHUNK_HEADER + length + length % 2
    # Its header is sound, and its lengths fit: what libwebp cannot read are the codes between.
    return "the codes of its pixels do not lead to their end"
