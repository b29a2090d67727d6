"""A message in a stream."""

from collections.abc import Mapping
from dataclasses import dataclass

from framemesh.runtime.dataplane.outbound_message import ID_HEADER, OutboundMessage


@dataclass(frozen=True, slots=True)
class Message:
    sequence: int
    subject: str
    payload: bytes
    headers: Mapping[str, str]
    stored_unix_nano: int

    @property
    def size(self) -> int:
        """In bytes, with its headers and its subject."""
        return len(self.payload) + len(self.subject) + header_bytes(self.headers)


def headers_of(message: OutboundMessage) -> dict[str, str]:
    """All headers of a message, with its id."""
    return {ID_HEADER: message.id, **message.headers} if message.id else dict(message.headers)


def header_bytes(headers: Mapping[str, str]) -> int:
    """Each is written as a line."""
    return sum(len(f"{name}: {value}\r\n".encode()) for name, value in headers.items())
