"""Protobuf messages that are written anew from pieces of files, byte for byte."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from framemesh.modeling.errors import ModelInvalid

CHUNK_BYTES = 1024 * 1024

VARINT, SPAN = 0, 2
"""Wire types of protobuf."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Bytes of a file."""

    path: Path
    offset: int
    length: int


Piece: TypeAlias = bytes | Slice


def header(number: int, length: int) -> bytes:
    """What stands before a message or bytes of this length."""
    return varint(number << 3 | SPAN) + varint(length)


def integer(number: int, value: int) -> bytes:
    """A whole field with an integer."""
    return varint(number << 3 | VARINT) + varint(value)


def message(number: int, content: bytes) -> bytes:
    """A whole field with a message, or with a string."""
    return header(number, len(content)) + content


def varint(value: int) -> bytes:
    coded = bytearray()
    while value > 0x7F:
        coded.append(value & 0x7F | 0x80)
        value >>= 7
    coded.append(value)
    return bytes(coded)


def size_of(pieces: Sequence[Piece]) -> int:
    """Bytes of them all."""
    return sum(len(each) if isinstance(each, bytes) else each.length for each in pieces)


def write_pieces(pieces: Sequence[Piece], path: Path) -> None:
    """Write them one after the other.

    Raises:
        ModelInvalid: a file became shorter meanwhile.
    """
    opened: dict[Path, BinaryIO] = {}
    with path.open("wb") as out, ExitStack() as files:
        for piece in pieces:
            if isinstance(piece, bytes):
                out.write(piece)
                continue
            if piece.path not in opened:
                opened[piece.path] = files.enter_context(piece.path.open("rb"))
            out.writelines(_chunks(opened[piece.path], piece))


def _chunks(file: BinaryIO, piece: Slice) -> Iterator[bytes]:
    file.seek(piece.offset)
    left = piece.length
    while left:
        chunk = file.read(min(left, CHUNK_BYTES))
        if not chunk:
            raise ModelInvalid(f"{piece.path.name} became shorter while it was read: try again")
        left -= len(chunk)
        yield chunk
