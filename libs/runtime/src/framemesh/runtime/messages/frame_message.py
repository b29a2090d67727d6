"""A frame as a message of a stream: the image is the payload, the rest is headers."""

from collections.abc import Mapping, Set

from framemesh.core.frame import Frame, FrameId
from framemesh.core.pipeline.generation import Shard
from framemesh.runtime.dataplane.outbound_message import ID_HEADER, OutboundMessage
from framemesh.runtime.dataplane.received_message import ReceivedMessage
from framemesh.runtime.messages.subjects import frames_subject, shard_stream

CAPTURED = "Framemesh-Captured"
CRC32 = "Framemesh-Crc32"
"""Eight hexadecimal digits."""

ORIGIN = "Framemesh-Origin"
"""How the frame came to ingest, where traces are collected."""

KNOWN = frozenset({ID_HEADER, CAPTURED, CRC32, ORIGIN})
BROKERS_PREFIX = "nats-"
"""Of headers that tell the broker what to do with a message: they are not those of the frame."""


def to_message(shard: Shard, frame: Frame) -> OutboundMessage:
    """The message that stores `frame`; its id is the frame's, so that it is stored once."""
    headers = {
        **frame.headers,
        CAPTURED: str(frame.captured_unix_nano),
        CRC32: crc32_text(frame.crc32),
    }
    if frame.origin:
        headers[ORIGIN] = frame.origin
    return OutboundMessage(
        frames_subject(shard, frame.id.camera),
        frame.image,
        str(frame.id),
        headers,
        stream=shard_stream(shard),
    )


def crc32_text(crc32: int) -> str:
    """As it is written in the header."""
    return f"{crc32:08x}"


def from_received(message: ReceivedMessage) -> Frame:
    """The frame that was stored.

    Raises:
        KeyError, ValueError: the message was not made by `to_message`.
    """
    return from_stored(message.headers, message.payload)


def from_stored(headers: Mapping[str, str], image: bytes) -> Frame:
    """The frame of a message that was read out of its stream.

    Raises:
        KeyError, ValueError: the message was not made by `to_message`.
    """
    return Frame(
        FrameId.parse(headers[ID_HEADER]),
        int(headers[CAPTURED]),
        image,
        int(headers[CRC32], 16),
        unknown_headers(headers, KNOWN),
        headers.get(ORIGIN, ""),
    )


def unknown_headers(headers: Mapping[str, str], known: Set[str]) -> Mapping[str, str]:
    """Those that are neither known nor the broker's own."""
    # Nearly every message has just those that are known.
    if headers.keys() <= known:
        return {}
    return {
        name: value
        for name, value in headers.items()
        if name not in known and not name.lower().startswith(BROKERS_PREFIX)
    }
