"""Damage that knows nothing of ONNX: bytes that are lost, turned, added, or of something else."""

import gzip
from collections.abc import Callable, Mapping
from random import Random

ANOTHER_FILE = (b"", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"<!DOCTYPE html><html>", b"ONNX", b"{}")


def cut(good: bytes, rng: Random) -> bytes:
    return good[: rng.randrange(1, len(good))]


def bit_turned(good: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(good))
    return good[:at] + bytes([good[at] ^ (1 << rng.randrange(8))]) + good[at + 1 :]


def zeros(good: bytes, rng: Random) -> bytes:
    """A block that a disk, or a download, has lost."""
    at = rng.randrange(16, len(good))
    return good[:at] + bytes(min(64, len(good) - at)) + good[at + 64 :]


def random_bytes(good: bytes, rng: Random) -> bytes:
    """Where the structure is: at the beginning or at the end."""
    at = rng.choice([rng.randrange(200), len(good) - rng.randrange(100, 400)])
    return good[:at] + rng.randbytes(32) + good[at + 32 :]


def another_file(good: bytes, rng: Random) -> bytes:
    return rng.choice([*ANOTHER_FILE, gzip.compress(good, mtime=0), good * 2, good[::-1]])


def nested(good: bytes, rng: Random) -> bytes:
    """A graph within a graph, and so on."""
    bomb = b""
    for _ in range(rng.randrange(40, 4000)):
        bomb = b"\x3a" + varint(len(bomb)) + bomb
    return good + bomb


def many_fields(good: bytes, rng: Random) -> bytes:
    """Millions of empty nodes, of two bytes each."""
    nodes = b"\x0a\x00" * rng.randrange(1_000_000, 10_000_000)
    return good + b"\x3a" + varint(len(nodes)) + nodes if rng.random() < 0.5 else good + nodes


def false_length(good: bytes, rng: Random) -> bytes:
    """A field that should go on for exabytes."""
    return good + b"\x3a" + varint(rng.choice([2**31, 2**40, 2**63 - 1, 2**70])) + b"\x00" * 64


def varint(value: int) -> bytes:
    """As protobuf writes an integer."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


BYTE_DAMAGE: Mapping[str, Callable[[bytes, Random], bytes]] = {
    "cut": cut,
    "bit turned": bit_turned,
    "zeros": zeros,
    "random bytes": random_bytes,
    "another file": another_file,
    "nested": nested,
    "many fields": many_fields,
    "false length": false_length,
}
