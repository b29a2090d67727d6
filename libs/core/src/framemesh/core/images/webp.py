"""The header of a WebP."""

import struct

from framemesh.core.images.errors import NotAnImage, truncated
from framemesh.core.images.header import ImageFormat, ImageHeader

_U16_LITTLE = struct.Struct("<H")
_U32_LITTLE = struct.Struct("<I")
_VP8_START = b"\x9d\x01\x2a"
_VP8L_SIGNATURE = 0x2F
_14_BITS = 0x3FFF
_24_BITS = 0xFFFFFF


def read_webp(image: bytes) -> ImageHeader:
    """
    Raises:
        NotAnImage, TruncatedImage: as they say.
        IndexError, struct.error: it ends within its header.
    """
    declared = _U32_LITTLE.unpack_from(image, 4)[0] + 8
    width, height = _webp_size(image, image[12:16])
    if len(image) < declared:
        raise truncated(image, f"a WebP of {declared} bytes")
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
