"""The parts of an HTTP answer that goes on: multipart/x-mixed-replace, as cameras send MJPEG."""

from collections.abc import Iterator
from typing import Protocol

from framemesh.sources.errors import SourceFailed
from framemesh.sources.spec import MAX_PICTURE_BYTES

MAX_LINE_BYTES = 64 * 1024
MAX_HEADERS = 64
_LENGTH = b"content-length"


class ByteStream(Protocol):
    def readline(self, limit: int = -1, /) -> bytes: ...
    def read(self, amount: int, /) -> bytes: ...


def parts(stream: ByteStream, boundary: str, name: str) -> Iterator[bytes]:
    """The bodies of the parts, up to the end of the answer.

    Raises:
        SourceFailed: it ends within a part, or is no such answer.
    """
    # Cameras differ in how many dashes are a part of it.
    mark = boundary.strip('"').strip("-").encode()
    line = _next_boundary(stream, mark, name)
    while line and not line.endswith(b"--"):
        length = _length(stream, name)
        if length is None:
            body, line = _up_to_boundary(stream, mark, name)
        else:
            body = _exactly(stream, length, name)
            line = _next_boundary(stream, mark, name)
        if body:
            yield body


def _next_boundary(stream: ByteStream, mark: bytes, name: str) -> bytes:
    """The line of the next boundary; empty at the end of the answer."""
    passed = 0
    while line := stream.readline(MAX_LINE_BYTES):
        if _is_boundary(line, mark):
            return line.strip()
        passed += len(line)
        if passed > MAX_PICTURE_BYTES:
            raise SourceFailed(f"{name} sends no pictures, but {passed} bytes without a boundary")
    return b""


def _length(stream: ByteStream, name: str) -> int | None:
    """Read the headers of a part; the number of its bytes if it tells."""
    length = None
    for _ in range(MAX_HEADERS):
        line = stream.readline(MAX_LINE_BYTES)
        if not line:
            raise SourceFailed(f"{name} closed the connection within a picture")
        if not line.strip():
            return length
        key, _, value = line.partition(b":")
        if key.strip().lower() == _LENGTH and value.strip().isdigit():
            length = int(value)
    raise SourceFailed(f"{name} sends a picture with more than {MAX_HEADERS} headers")


def _exactly(stream: ByteStream, length: int, name: str) -> bytes:
    if length > MAX_PICTURE_BYTES:
        raise SourceFailed(f"{name} sends a picture of {length} bytes")
    body = stream.read(length)
    if len(body) < length:
        raise SourceFailed(
            f"{name} closed the connection within a picture, after {len(body)} of {length} bytes"
        )
    return body


def _up_to_boundary(stream: ByteStream, mark: bytes, name: str) -> tuple[bytes, bytes]:
    body = bytearray()
    while line := stream.readline(MAX_LINE_BYTES):
        if _is_boundary(line, mark):
            return bytes(body).removesuffix(b"\n").removesuffix(b"\r"), line.strip()
        body += line
        if len(body) > MAX_PICTURE_BYTES:
            raise SourceFailed(f"{name} sends a picture of over {MAX_PICTURE_BYTES} bytes")
    raise SourceFailed(f"{name} closed the connection within a picture")


def _is_boundary(line: bytes, mark: bytes) -> bool:
    return line.startswith(b"--") and line.strip().strip(b"-") == mark
