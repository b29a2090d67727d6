"""A message to publish to a stream."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ID_HEADER = "Nats-Msg-Id"
"""The header of a received message that has the message id."""


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message, which its stream stores once however often it is published."""

    subject: str
    payload: bytes
    id: str = ""
    """Message id, by which duplicates are recognised during the stream's duplicate window. Empty:
    the subject may have one message only, and a second one is refused while the first is kept."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Values of one line each, without spaces around them."""
    stream: str = ""
    """The stream that takes the subject. One that does not answer delays no messages of others; all
    messages without a stream here count as one stream."""
    first: bool = False
    """Of a message with an id and a stream: it is refused as well if its subject has another one.
    Its sender learns whether it is stored, also where an acknowledgement was lost."""
