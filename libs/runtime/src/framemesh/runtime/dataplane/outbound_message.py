"""A message on its way into a stream."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ID_HEADER = "Nats-Msg-Id"
"""Under this name a delivery has the id of its message among its headers."""


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message for a stream, which is stored once however often it is published."""

    subject: str
    payload: bytes
    id: str = ""
    """Recognised for as long as the stream's window for duplicates is. Empty: the message is the
    only one that its subject may ever have, and recognised for as long as it is there."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Values of one line each, without spaces around them."""
    stream: str = ""
    """The stream that takes the subject: one that does not answer delays no message of the others.
    Empty: unknown; such messages share the delay among them."""
