"""A frame as a message of a stream: the image is the payload, the rest is headers."""

from framemesh.core.frame import Frame, FrameId
from framemesh.runtime.jetstream.delivery import Delivery
from framemesh.runtime.jetstream.publisher import Outgoing
from framemesh.runtime.jetstream.subjects import frames_subject

CAPTURED = "Framemesh-Captured"
MESSAGE_ID = "Nats-Msg-Id"


def to_message(pipeline: str, shard: int, frame: Frame) -> Outgoing:
    """The message that stores `frame`; its id is the frame's, so that it is stored once."""
    return Outgoing(
        frames_subject(pipeline, shard, frame.id.camera),
        str(frame.id),
        frame.image,
        {CAPTURED: str(frame.captured_unix_nano)},
    )


def from_delivery(delivery: Delivery) -> Frame:
    """The frame that was stored.

    Raises:
        KeyError, ValueError: the message was not made by `to_message`.
    """
    headers = delivery.headers
    return Frame(FrameId.parse(headers[MESSAGE_ID]), int(headers[CAPTURED]), delivery.payload)
