"""Walking over a protobuf message without parsing it: only the fields that are wanted are read."""

import mmap
from collections.abc import Iterator

MAX_FIELDS = 1_000_000
"""Visited in one file. The largest graphs have a few hundred thousand; a file is walked over up to
four times until it is registered, and a million takes a second."""

VARINT, FIXED64, SPAN, FIXED32 = 0, 1, 2, 5
"""The wire types of protobuf that are in use."""

Span = tuple[int, int]
"""Start and end of a message, or of a string, in the file."""


class MalformedProtobuf(ValueError):
    """The bytes are no protobuf message, or it is cut off."""


class ProtobufWalker:
    """Reads fields out of a message that lies in a file, whatever the file's size."""

    def __init__(self, content: mmap.mmap | bytes) -> None:
        self._content = content
        self._visited = 0

    @property
    def whole(self) -> Span:
        return 0, len(self._content)

    def fields(self, span: Span) -> Iterator[tuple[int, int, int]]:
        """(number, start, end) of every field of a message; (number, value, 0) for an integer.

        Raises:
            MalformedProtobuf: it is cut off, is no protobuf, or has over MAX_FIELDS fields.
        """
        for number, start, end, _ in self.entries(span):
            yield number, start, end

    def entries(self, span: Span) -> Iterator[tuple[int, int, int, Span]]:
        """As `fields`, each with the span of the whole field, its number included."""
        at, end = span
        while at < end:
            begin = at
            self._visited += 1
            if self._visited > MAX_FIELDS:
                raise MalformedProtobuf(f"it has over {MAX_FIELDS} fields")
            key, at = self._varint(at, end)
            number, wire = key >> 3, key & 7
            if number == 0:
                raise MalformedProtobuf("it is no protobuf (field 0)")
            if wire == VARINT:
                value, at = self._varint(at, end)
                yield number, value, 0, (begin, at)
            elif wire == SPAN:
                length, at = self._varint(at, end)
                after = self._checked(at + length, end)
                yield number, at, after, (begin, after)
                at += length
            elif wire in (FIXED32, FIXED64):
                at = self._checked(at + (4 if wire == FIXED32 else 8), end)
            else:
                raise MalformedProtobuf(f"it is no protobuf (wire type {wire})")

    def within(self, span: Span, *path: int) -> Iterator[Span]:
        """The spans of all messages that lie at `path`, a field number for each level."""
        for number, start, end in self.fields(span):
            if number == path[0]:
                if len(path) == 1:
                    yield start, end
                else:
                    yield from self.within((start, end), *path[1:])

    def text(self, span: Span, number: int) -> str:
        """The first string of that field number; empty if the field is missing."""
        return next(map(self.string, self.within(span, number)), "")

    def string(self, span: Span) -> str:
        """What lies in `span`, as text."""
        start, end = span
        try:
            return self._content[start:end].decode()
        except UnicodeDecodeError as error:
            raise MalformedProtobuf("a name in it is no text") from error

    def integer(self, span: Span, number: int, default: int = 0) -> int:
        """The first integer of that field number, with its sign."""
        for found, value, end in self.fields(span):
            if found == number and not end:
                return value - (1 << 64) if value >> 63 else value
        return default

    def _varint(self, at: int, limit: int) -> Span:
        """The integer at `at`, and where it ends."""
        value = shift = 0
        while at < limit:
            byte = self._content[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value, at
            if shift > 63:
                raise MalformedProtobuf("it is no protobuf (an integer over 64 bits)")
        raise MalformedProtobuf("it is cut off")

    @staticmethod
    def _checked(at: int, end: int) -> int:
        if at > end:
            raise MalformedProtobuf("it is cut off")
        return at
