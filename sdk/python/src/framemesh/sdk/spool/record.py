"""One frame as bytes on disk."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from framemesh.sdk.checksum import crc32
from framemesh.sdk.session.headers import NO_HEADERS
from framemesh.sdk.session.offered_frame import OfferedFrame

MAGIC = b"FMR1"

_FIXED = struct.Struct("<4sBBHIIQqqII")
_BEFORE_CHECKSUM = _FIXED.size - 4
_LENGTHS = struct.Struct("<HH")

STATE_OFFSET = 4

HEAD_BYTES = 1024
"""Read to have the fixed part of a record and all of its headers, which are 400 bytes at most in a
frame that a camera takes."""


class State(IntEnum):
    """What became of a frame. It is overwritten in place, and no checksum covers it."""

    WAITING = 0
    SENT = 1
    """Or about to be: it may be stored."""
    SETTLED = 2
    DROPPED = 3


@dataclass(frozen=True, slots=True)
class Head:
    """A record without its image."""

    state: State
    sequence: int
    captured_unix_nano: int
    sent_unix_nano: int
    withheld_bytes: int
    headers: Mapping[str, str]
    image_crc32: int
    image_offset: int
    """From the beginning of the record."""
    image_length: int

    @property
    def size(self) -> int:
        """Of the whole record."""
        return self.image_offset + self.image_length

    @property
    def is_settled(self) -> bool:
        return self.state in (State.SETTLED, State.DROPPED)

    @property
    def taken_unix_nano(self) -> int:
        """When `send` was called, by the camera's clock."""
        return self.sent_unix_nano or self.captured_unix_nano

    def frame(self, image: bytes) -> OfferedFrame:
        return OfferedFrame(
            self.sequence,
            self.captured_unix_nano,
            image,
            self.image_crc32,
            withheld_bytes=self.withheld_bytes,
            headers=self.headers,
            sent_unix_nano=self.sent_unix_nano,
        )


def record_size(image_bytes: int, headers: Mapping[str, str]) -> int:
    lengths = sum(_LENGTHS.size + len(name) + len(value) for name, value in headers.items())
    return _FIXED.size + lengths + image_bytes


def encode(frame: OfferedFrame, state: State) -> tuple[bytes, bytes]:
    """The record without its image, and the image."""
    headers = b"".join(
        _LENGTHS.pack(len(name), len(value)) + name.encode() + value.encode()
        for name, value in frame.headers.items()
    )
    fixed = _FIXED.pack(
        MAGIC,
        0,
        0,
        len(headers),
        len(frame.image),
        frame.withheld_bytes,
        frame.sequence,
        frame.captured_unix_nano,
        frame.sent_unix_nano,
        # Of a withheld frame the checksum is of an image that is not here.
        crc32(b"") if frame.withheld_bytes else frame.crc32,
        0,
    )[:_BEFORE_CHECKSUM]
    checksum = crc32(headers, crc32(fixed))
    marked = fixed[:STATE_OFFSET] + bytes((state,)) + fixed[STATE_OFFSET + 1 :]
    return marked + checksum.to_bytes(4, "little") + headers, frame.image


def decode(data: bytes) -> Head | None:
    """The head of the record at the beginning of `data`; None if it is not whole."""
    if len(data) < _FIXED.size:
        return None
    magic, state, flags, length, image, withheld, sequence, captured, sent, crc, checksum = (
        _FIXED.unpack_from(data)
    )
    block = data[_FIXED.size : _FIXED.size + length]
    if magic != MAGIC or flags or state > State.DROPPED or len(block) != length:
        return None
    unmarked = data[:STATE_OFFSET] + b"\0" + data[STATE_OFFSET + 1 : _BEFORE_CHECKSUM]
    headers = _headers(block)
    if crc32(block, crc32(unmarked)) != checksum or headers is None:
        return None
    return Head(
        State(state),
        sequence,
        captured,
        sent,
        withheld,
        headers,
        crc,
        _FIXED.size + length,
        image,
    )


def _headers(block: bytes) -> Mapping[str, str] | None:
    """None if their lengths do not add up."""
    headers, at = {}, 0
    while at < len(block):
        if at + _LENGTHS.size > len(block):
            return None
        name, value = _LENGTHS.unpack_from(block, at)
        begin = at + _LENGTHS.size
        at = begin + name + value
        if at > len(block):
            return None
        try:
            headers[block[begin : begin + name].decode()] = block[begin + name : at].decode()
        except UnicodeDecodeError:
            return None
    return headers or NO_HEADERS
