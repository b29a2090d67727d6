"""A frame goes through a stream with all that came with it."""

from framemesh.core.frame import Frame, FrameId
from framemesh.core.pipeline.generation import Shard
from framemesh.runtime.jetstream.publish.publisher import headers_of
from framemesh.runtime.messages import frame_message

SHARD = Shard("street", 1, 0, 0)


def through_a_stream(frame: Frame, **added: str) -> Frame:
    message = frame_message.to_message(SHARD, frame)
    return frame_message.from_stored(headers_of(message) | added, message.payload)


def test_headers_that_are_not_known_go_on_with_the_frame() -> None:
    trace = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "x": "y"}
    frame = Frame(FrameId("door", "s", 1), 5, b"image", 7, trace)
    found = through_a_stream(through_a_stream(frame))
    assert found == frame
    assert found.headers == trace


def test_what_tells_the_broker_something_is_not_the_frames() -> None:
    frame = Frame(FrameId("door", "s", 1), 5, b"image", 7)
    added = {"Nats-TTL": "1s", "nats-expected-stream": "FRAMES", "X-Lens": "wide"}
    assert through_a_stream(frame, **added).headers == {"X-Lens": "wide"}
    assert through_a_stream(frame).headers == {}


def test_a_header_of_the_frame_never_stands_for_one_of_ours() -> None:
    frame = Frame(FrameId("door", "s", 1), 5, b"image", 7, {frame_message.CRC32: "0"})
    assert through_a_stream(frame) == frame
