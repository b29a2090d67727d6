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
        """In bytes, with headers and subject."""
        return len(self.payload) + len(self.subject) + header_bytes(self.headers)


def headers_of(message: OutboundMessage) -> dict[str, str]:
    """The headers of a message, including its id."""
    return {ID_HEADER: message.id, **message.headers} if message.id else dict(message.headers)


def header_bytes(headers: Mapping[str, str]) -> int:
    """Their size as lines of the protocol."""
    return sum(len(f"{name}: {value}\r\n".encode()) for name, value in headers.items())
