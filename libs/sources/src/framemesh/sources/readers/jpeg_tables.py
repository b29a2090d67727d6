"""Completes JPEGs of webcams, which leave out the Huffman tables (MJPEG, as in AVI and UVC)."""

from framemesh.core.images.errors import BadImage
from framemesh.core.images.jpeg_segments import find_segments

_DHT = b"\xff\xc4"
_ARITHMETIC = frozenset(range(0xC9, 0xD0))

_COUNTS_AND_VALUES = (
    # Annex K.3 of ITU-T T.81: the class and number of the table, how many codes there are of each
    # length, and their values.
    ("00", "00010501010101010100000000000000", "000102030405060708090a0b"),
    (
        "10",
        "0002010303020403050504040000017d",
        (
            "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a"
            "25262728292a3435363738393a434445464748494a535455565758595a636465666768696a73747576777879"
            "7a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9"
            "cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
        ),
    ),
    ("01", "00030101010101010101010000000000", "000102030405060708090a0b"),
    (
        "11",
        "00020102040403040705040400010277",
        (
            "000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f117"
            "18191a262728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778"
            "797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7"
            "c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
        ),
    ),
)

_TABLES = b"".join(bytes.fromhex("".join(part)) for part in _COUNTS_AND_VALUES)
STANDARD_TABLES = _DHT + (len(_TABLES) + 2).to_bytes(2, "big") + _TABLES


def with_tables(jpeg: bytes) -> bytes:
    """The JPEG with the standard tables before its first scan, if it has none at all."""
    try:
        found = find_segments(jpeg)
    except (BadImage, IndexError):
        return jpeg
    if jpeg[found.frame + 1] in _ARITHMETIC or _has_tables(jpeg, found.scan):
        return jpeg
    return jpeg[: found.scan] + STANDARD_TABLES + jpeg[found.scan :]


def _has_tables(jpeg: bytes, scan: int) -> bool:
    # Two bytes of another segment may look like the marker: then a decoder finds out.
    at = 2
    while (at := jpeg.find(_DHT, at, scan)) >= 0:
        length = int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if 19 <= length <= scan - at - 2:
            return True
        at += 2
    return False
