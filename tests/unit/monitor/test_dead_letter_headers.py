"""What was passed on with a frame that died is told with it."""

from framemesh.core.frame import Frame, FrameId
from framemesh.monitor.converters import dead_letter_to_proto
from framemesh.runtime.messages.dead_letter_message import DeadLetter


def test_headers_of_a_dead_frame_are_told() -> None:
    frame = Frame(FrameId("door", "s", 1), 5, b"image", 6, {"traceparent": "00-4bf9-01"})
    letter = DeadLetter(frame, "undecodable", "bad marker", 1, "w1", 7)
    assert dict(dead_letter_to_proto(letter, 5).headers) == {"traceparent": "00-4bf9-01"}
