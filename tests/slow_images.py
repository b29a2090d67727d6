"""Small images that take a decoder long, written marker by marker."""

import struct
import zlib


def progressive_jpeg(width: int, height: int, scans: int) -> bytes:
    """A grey JPEG of 50 bytes for each of its scans, each of which passes over all its blocks."""
    blocks = -(-width // 8) * -(-height // 8)
    frame = struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11, 0)
    dc_table = bytes([0x00]) + bytes([1, *[0] * 15]) + bytes([0])
    ac_table = bytes([0x10]) + bytes([0, 2, *[0] * 14]) + bytes([0xE0, 0x00])
    head = b"\xff\xd8" + _segment(0xDB, bytes([0]) + bytes([1]) * 64) + _segment(0xC2, frame)
    head += _segment(0xC4, dc_table) + _segment(0xC4, ac_table)
    # Each block's difference to the one before is 0, which takes one bit.
    first = _scan(0, 0, 0) + _stuffed("0" * blocks)
    return head + first + _nothing_new(blocks) * (scans - 1) + b"\xff\xd9"


def _nothing_new(blocks: int) -> bytes:
    """A scan that says, in runs of 32,767 blocks at most, that no block has any more to it."""
    bits = ""
    while blocks >= 1 << 14:
        run = min(blocks, (1 << 15) - 1)
        bits += "00" + format(run - (1 << 14), "014b")
        blocks -= run
    return _scan(1, 63, 0) + _stuffed(bits + "01" * blocks)


def _scan(first: int, last: int, approximation: int) -> bytes:
    return _segment(0xDA, bytes([1, 1, 0x00, first, last, approximation]))


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def _stuffed(bits: str) -> bytes:
    bits += "1" * (-len(bits) % 8)
    whole = int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""
    return whole.replace(b"\xff", b"\xff\x00")


def png_with_texts(texts: int, inflated: int) -> bytes:
    """A PNG of one pixel with so many compressed texts, each of which inflates to so many bytes."""
    text = b"k\0\0" + zlib.compress(bytes(inflated), 9)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
        + _chunk(b"zTXt", text) * texts
        + _chunk(b"IDAT", zlib.compress(bytes(4)))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    crc = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)
