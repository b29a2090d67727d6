"""What ingest refuses, and what is left of it."""

from dataclasses import dataclass

import grpc
import grpc.aio
import pytest

from framemesh.api.common.v1 import frame_pb2, outcome_pb2
from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from tests.integration.ingest.conftest import frame, jpeg, png_header, push, stored
from tests.integration.services.running import status_of

EMPTY = ingest_pb2.REJECTION_REASON_EMPTY
TOO_LARGE = ingest_pb2.REJECTION_REASON_TOO_LARGE
NOT_AN_IMAGE = ingest_pb2.REJECTION_REASON_NOT_AN_IMAGE
TRUNCATED = ingest_pb2.REJECTION_REASON_TRUNCATED
TOO_MANY_PIXELS = ingest_pb2.REJECTION_REASON_TOO_MANY_PIXELS

LONG = "n" * 64
"""The longest name there is."""

INVALID = grpc.StatusCode.INVALID_ARGUMENT


@dataclass(frozen=True)
class Bad:
    """A frame that is refused, and what is said of it."""

    request: ingest_pb2.PushRequest
    reason: ingest_pb2.RejectionReason.ValueType
    word: str
    line: str


BAD = {
    "empty": Bad(frame(1, b""), EMPTY, "empty", "the image is empty"),
    "no image": Bad(frame(1, b"hi"), NOT_AN_IMAGE, "not_an_image", "send JPEG, PNG or WebP"),
    "truncated": Bad(frame(1, jpeg(1)[:-9]), TRUNCATED, "truncated", "cut off after"),
    "withheld": Bad(frame(1, b"", 30_000_000), TOO_LARGE, "too_large", "30000000 bytes are over"),
    # On account of another ingest with a smaller limit: it is not here all the same.
    "withheld elsewhere": Bad(frame(1, b"", 5), TOO_LARGE, "too_large", "5 bytes are over"),
    "too many pixels": Bad(
        frame(1, png_header(20_000, 20_000)),
        TOO_MANY_PIXELS,
        "too_many_pixels",
        "20000x20000 is 400000000 pixels",
    ),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
async def test_a_bad_frame_is_refused_with_a_reason_and_leaves_an_outcome(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec, bad: Bad
) -> None:
    camera = push(channel)
    await camera.open()
    await camera.send(bad.request)
    await camera.answered(1)
    assert camera.rejected[1].reason == bad.reason
    assert bad.line in camera.rejected[1].message
    found = await stored(nats_broker, pipeline)
    assert not found.frames
    assert not found.accepted
    (outcome,) = found.outcomes
    assert outcome.fate == outcome_pb2.FATE_REJECTED
    assert (outcome.reason, outcome.detail) == (bad.word, camera.rejected[1].message)
    assert outcome.frame == frame_pb2.FrameId(camera="north", session="s1", sequence=1)
    assert outcome.pipeline == "street"
    assert outcome.captured_unix_nano == bad.request.frame.captured_unix_nano


async def test_the_largest_frame_fits_with_the_longest_names_and_one_byte_more_is_refused(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    camera = push(channel)
    limit = (await camera.open(camera=LONG, session=LONG)).max_frame_bytes
    assert limit > 8_000_000
    largest = frame(1, jpeg(1, limit))
    largest.frame.sequence, largest.frame.captured_unix_nano = 2**64 - 1, 2**63 - 1
    await camera.send(frame(1, jpeg(2, limit + 1)))
    await camera.answered(1)
    await camera.send(largest)
    await camera.answered(2)
    assert camera.accepted == [2**64 - 1]
    assert camera.rejected[1].reason == TOO_LARGE
    found = await stored(nats_broker, pipeline)
    ((_, image),) = found.frames.values()
    assert len(image) == limit


async def test_a_bad_frame_between_good_ones_does_not_hold_them_up(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    camera = push(channel)
    await camera.open()
    await camera.send(frame(1, jpeg(1)), frame(2, b"?"), frame(3, jpeg(3)))
    await camera.answered(3)
    assert (sorted(camera.accepted), list(camera.rejected)) == ([1, 3], [2])
    assert (await stored(nats_broker, pipeline)).recorded == [1, 3]


async def test_an_unknown_pipeline_is_told_with_what_to_do(channel: grpc.aio.Channel) -> None:
    code, line = await status_of(push(channel).open(pipeline="yard"))
    assert code is grpc.StatusCode.NOT_FOUND
    assert line == "no pipeline is named 'yard': apply it first, or check the name"


@pytest.mark.parametrize("what", ["pipeline", "camera", "session"])
@pytest.mark.parametrize("name", ["", "a.b", "a b", "*", ">", "x" * 65, "ö", "a\n"])
async def test_a_bad_name_is_refused(channel: grpc.aio.Channel, what: str, name: str) -> None:
    code, line = await status_of(push(channel).open(**{what: name}))
    assert code is INVALID
    assert line.startswith(f"bad {what} name")


OPEN = ingest_pb2.PushRequest(
    open=ingest_pb2.OpenSession(pipeline="street", camera="north", session="s1")
)
CLOCK = ingest_pb2.PushRequest(clock=ingest_pb2.ClockReading(unix_nano=1))


@pytest.mark.parametrize(
    ("messages", "line"),
    [
        ([], "the first message must open the session"),
        ([ingest_pb2.PushRequest()], "the first message must open the session"),
        ([frame(1, b"")], "the first message must open the session"),
        ([OPEN, OPEN], "after opening, send frames and clock readings"),
        ([OPEN, CLOCK, CLOCK], "a reading of the clock too many: send one for each query"),
        ([OPEN, ingest_pb2.PushRequest()], "after opening, send frames and clock readings"),
        ([OPEN, frame(0, b"")], "a frame has no sequence number: count from 1"),
        ([OPEN, frame(2, jpeg(1)), frame(2, jpeg(2))], "sequence number 2 after 2: count upwards"),
    ],
    ids=[
        "nothing",
        "empty",
        "frame first",
        "open twice",
        "clock twice",
        "empty later",
        "sequence 0",
        "sequence twice",
    ],
)
async def test_a_violation_of_the_protocol_is_told(
    channel: grpc.aio.Channel,
    pipeline: PipelineSpec,
    messages: list[ingest_pb2.PushRequest],
    line: str,
) -> None:
    camera = push(channel)
    await camera.send(*messages)
    assert await status_of(camera.finish()) == (INVALID, line)
