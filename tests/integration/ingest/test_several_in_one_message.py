"""Several frames in one message are what as many messages would be."""

from collections.abc import Callable

import grpc.aio
import pytest

from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from tests.integration.ingest.conftest import CAPTURED, frame, jpeg, push, stored, together


async def test_each_frame_of_a_message_is_stored_or_rejected_for_itself(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    camera = push(channel)
    opened = await camera.open()
    assert opened.per_message.frames > 4
    good = {sequence: jpeg(sequence) for sequence in (1, 2, 5, 6)}
    await camera.send(
        together(frame(1, good[1]), frame(2, good[2]), frame(4, b"no image"), frame(5, good[5])),
        frame(6, good[6]),
    )
    await camera.finish()
    assert sorted(camera.accepted) == list(good)
    assert list(camera.rejected) == [4]
    found = await stored(nats_broker, pipeline)
    assert found.frames == {
        f"north/s1/{sequence}": (CAPTURED + sequence, image) for sequence, image in good.items()
    }
    assert [outcome.frame.sequence for outcome in found.outcomes] == [4]


def _too_many(opened: ingest_pb2.SessionOpened) -> ingest_pb2.PushRequest:
    count = opened.per_message.frames + 1
    return together(*(frame(number, jpeg(1)) for number in range(1, count + 1)))


def _too_large(opened: ingest_pb2.SessionOpened) -> ingest_pb2.PushRequest:
    size = opened.per_message.bytes // 2 + 1
    return together(*(frame(number, jpeg(number, size)) for number in (1, 2)))


def _out_of_order(_: ingest_pb2.SessionOpened) -> ingest_pb2.PushRequest:
    return together(frame(2, jpeg(2)), frame(1, jpeg(1)))


def _twice_one(_: ingest_pb2.SessionOpened) -> ingest_pb2.PushRequest:
    return together(frame(1, jpeg(1)), frame(1, jpeg(2)))


def _without_a_number(_: ingest_pb2.SessionOpened) -> ingest_pb2.PushRequest:
    return together(frame(1, jpeg(1)), frame(0, jpeg(1)))


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (_too_many, "in one message: send at most 8 frames, of 524288 bytes in all"),
        (_too_large, "2 frames of 524290 bytes in one message"),
        (_out_of_order, "sequence number 1 after 2"),
        (_twice_one, "sequence number 1 after 1"),
        (_without_a_number, "a frame has no sequence number"),
    ],
)
async def test_a_wrong_message_ends_the_stream_with_what_is_wrong(
    channel: grpc.aio.Channel,
    pipeline: PipelineSpec,
    message: Callable[[ingest_pb2.SessionOpened], ingest_pb2.PushRequest],
    why: str,
) -> None:
    camera = push(channel)
    await camera.send(message(await camera.open()))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await camera.finish()
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert why in (refused.value.details() or "")


async def test_one_frame_of_a_message_may_be_as_large_as_any(
    channel: grpc.aio.Channel, pipeline: PipelineSpec
) -> None:
    camera = push(channel)
    opened = await camera.open()
    size = opened.per_message.bytes + 1
    assert size < opened.max_frame_bytes
    await camera.send(together(frame(1, jpeg(1, size))))
    await camera.finish()
    assert camera.accepted == [1]
