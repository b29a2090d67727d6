"""The messages of the wire."""

from itertools import islice

import pytest

from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.sdk.session.core import CameraCore
from framemesh.sdk.session.credit import Credit
from framemesh.sdk.session.offered_frame import OfferedFrame
from framemesh.sdk.session.options import CameraOptions, Target
from framemesh.sdk.session.rejections import FrameRejected
from framemesh.sdk.session.session import ONE_FRAME
from framemesh.sdk.session.steps import ClockReading, OpenSession, Send, Stream
from framemesh.sdk.transport import converters

TARGET = Target(("host:1",), "street", "door")


def core_with_a_sent_frame() -> CameraCore:
    core = CameraCore(TARGET, CameraOptions())
    stream = next(core.streams())
    assert isinstance(stream, Stream)
    credit = ingest_pb2.Credit(frames=4, bytes=100)
    opened = ingest_pb2.SessionOpened(credit=credit, max_frame_bytes=50)
    converters.apply(ingest_pb2.PushResponse(opened=opened), core)
    core.offer(b"image", 7)
    *_, last = islice(core.requests(stream), 4)  # the session, a wait, the clock, the frame
    assert isinstance(last, Send)
    return core


def test_a_session_is_opened_under_its_names() -> None:
    opening = converters.to_proto(OpenSession(TARGET, "s1")).open
    assert (opening.pipeline, opening.camera, opening.session) == ("street", "door", "s1")


def test_a_frame_keeps_all_that_it_is() -> None:
    offered = OfferedFrame(3, 99, b"image", 77, headers={"traceparent": "00-1"})
    assert converters.to_proto([offered]).frame == ingest_pb2.Frame(
        sequence=3,
        captured_unix_nano=99,
        image=b"image",
        crc32=77,
        headers={"traceparent": "00-1"},
    )


def test_a_withheld_frame_says_its_size_and_has_no_digest() -> None:
    frame = converters.to_proto([OfferedFrame(3, 99, b"image", 77).within(2)]).frame
    assert frame == ingest_pb2.Frame(sequence=3, captured_unix_nano=99, withheld_bytes=5)


def test_several_frames_are_one_message() -> None:
    frames = [OfferedFrame(number, 99, b"image", number) for number in (3, 4)]
    request = converters.to_proto(frames)
    assert request.WhichOneof("request") == "frames"
    assert list(request.frames.frames) == [converters.to_proto([one]).frame for one in frames]


@pytest.mark.parametrize(
    ("told", "understood"),
    [
        (None, ONE_FRAME),
        (ingest_pb2.Credit(frames=8, bytes=1000), Credit(8, 1000)),
    ],
)
def test_an_ingest_says_what_it_takes_in_a_message(
    told: ingest_pb2.Credit | None, understood: Credit, monkeypatch: pytest.MonkeyPatch
) -> None:
    core, heard = core_with_a_sent_frame(), []
    monkeypatch.setattr(core, "opened", lambda *arguments: heard.append(arguments))
    credit = ingest_pb2.Credit(frames=2, bytes=100)
    opened = ingest_pb2.SessionOpened(credit=credit, max_frame_bytes=50, per_message=told)
    converters.apply(ingest_pb2.PushResponse(opened=opened), core)
    assert heard == [(Credit(2, 100), 50, understood)]


def test_a_reading_of_the_clock_is_a_message_of_its_own() -> None:
    request = converters.to_proto(ClockReading(12))
    assert request.WhichOneof("request") == "clock"
    assert request.clock.unix_nano == 12


def test_an_acknowledgement_settles_its_frames() -> None:
    core = core_with_a_sent_frame()
    answer = ingest_pb2.Acknowledgement(accepted=[1])
    converters.apply(ingest_pb2.PushResponse(acknowledgement=answer), core)
    assert core.counts.accepted == 1


def test_a_reason_that_is_newer_than_this_sdk_is_still_told() -> None:
    core = core_with_a_sent_frame()
    answer = ingest_pb2.Acknowledgement()
    answer.rejected.add(sequence=1, message="upside down").reason = 77  # type: ignore[assignment]
    converters.apply(ingest_pb2.PushResponse(acknowledgement=answer), core)
    _, rejected = core.offer(b"image", 7)
    assert rejected == [FrameRejected(1, "reason_77", "upside down")]
