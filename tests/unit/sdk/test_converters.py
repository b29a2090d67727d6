"""The messages of the wire."""

from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.sdk.session.offered_frame import OfferedFrame
from framemesh.sdk.session.rejections import FrameRejected
from framemesh.sdk.session.session import CameraSession
from framemesh.sdk.transport import converters
from framemesh.sdk.transport.target import Target


def session_with_a_sent_frame() -> CameraSession:
    session = CameraSession("s1")
    credit = ingest_pb2.Credit(frames=4, bytes=100)
    opened = ingest_pb2.SessionOpened(credit=credit, max_frame_bytes=50)
    converters.apply(ingest_pb2.PushResponse(opened=opened), session)
    session.offer(b"image", 7)
    session.next_to_send()
    return session


def test_a_session_is_opened_under_its_names() -> None:
    opening = converters.open_request(Target("host:1", "street", "door"), "s1").open
    assert (opening.pipeline, opening.camera, opening.session) == ("street", "door", "s1")


def test_a_frame_keeps_all_that_it_is() -> None:
    frame = converters.frame_request(OfferedFrame(3, 99, b"image", 77)).frame
    assert frame == ingest_pb2.Frame(sequence=3, captured_unix_nano=99, image=b"image", crc32=77)


def test_a_withheld_frame_says_its_size_and_has_no_digest() -> None:
    frame = converters.frame_request(OfferedFrame(3, 99, b"image", 77).within(2)).frame
    assert frame == ingest_pb2.Frame(sequence=3, captured_unix_nano=99, withheld_bytes=5)


def test_a_reading_of_the_clock_is_a_message_of_its_own() -> None:
    request = converters.clock_request(12)
    assert request.WhichOneof("request") == "clock"
    assert request.clock.unix_nano == 12


def test_an_acknowledgement_settles_its_frames() -> None:
    session = session_with_a_sent_frame()
    answer = ingest_pb2.Acknowledgement(accepted=[1])
    converters.apply(ingest_pb2.PushResponse(acknowledgement=answer), session)
    assert session.counts.accepted == 1


def test_a_reason_that_is_newer_than_this_sdk_is_still_told() -> None:
    session = session_with_a_sent_frame()
    answer = ingest_pb2.Acknowledgement()
    answer.rejected.add(sequence=1, message="upside down").reason = 77  # type: ignore[assignment]
    converters.apply(ingest_pb2.PushResponse(acknowledgement=answer), session)
    assert session.take_rejected() == [FrameRejected(1, "reason_77", "upside down")]
