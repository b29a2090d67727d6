"""CRC-32, as everywhere in framemesh."""

try:
    from isal.isal_zlib import crc32
except ImportError:
    # There is no build of isal for this machine. zlib computes the same, four times slower.
    from zlib import crc32

__all__ = ["crc32"]
