"""Two programs that send under one session: neither loses a frame without hearing of it."""

import grpc
import grpc.aio
import pytest

from framemesh.core.frame import FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.messages import outcome_message
from framemesh.runtime.messages.subjects import frames_streams
from tests.integration.ingest.conftest import frame, jpeg, push, stored
from tests.integration.services.running import ingest, status_of

SHARED = (
    grpc.StatusCode.FAILED_PRECONDITION,
    (
        "frame north/s1/2 was sent before with another image: two programs send under one session, "
        "as after a fork. Give each a session of its own: make the camera in the process that sends"
    ),
)


async def test_another_image_under_a_known_id_ends_its_stream_and_the_first_one_stays(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    first, second = push(channel), push(channel)
    await first.open()
    await second.open()
    await first.send(frame(1, jpeg(1)), frame(2, jpeg(2)))
    await first.answered(2)
    await second.send(frame(2, jpeg(22)))
    assert await status_of(second.answered(1)) == SHARED
    # The other one goes on.
    await first.send(frame(3, jpeg(3)))
    await first.finish()
    found = await stored(nats_broker, pipeline)
    assert {name: image for name, (_, image) in found.frames.items()} == {
        f"north/s1/{number}": jpeg(number) for number in (1, 2, 3)
    }
    assert found.recorded == [1, 2, 3]
    assert not found.outcomes, "the id has the fate of its first image"


async def test_the_same_image_is_what_a_camera_sends_again(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    for _ in range(2):
        camera = push(channel)
        await camera.open()
        await camera.send(frame(1, jpeg(1)), frame(2, jpeg(2)))
        await camera.finish()
        assert sorted(camera.accepted) == [1, 2]
    assert len((await stored(nats_broker, pipeline)).frames) == 2


async def test_another_ingest_knows_the_image_too(
    channel: grpc.aio.Channel, nats_url: str, pipeline: PipelineSpec
) -> None:
    first = push(channel)
    await first.open()
    await first.send(frame(1, jpeg(1)), frame(2, jpeg(2)))
    await first.finish()
    async with ingest(nats_url) as other:
        second = push(other)
        await second.open()
        await second.send(frame(2, jpeg(22)))
        assert await status_of(second.answered(1)) == SHARED


@pytest.mark.parametrize(("crc32", "again"), [(1, 1), (1, 2), (None, 2)])
async def test_of_a_frame_that_was_processed_its_outcome_tells(
    channel: grpc.aio.Channel,
    nats_broker: Broker,
    pipeline: PipelineSpec,
    crc32: int | None,
    again: int,
) -> None:
    camera = push(channel)
    await camera.open()
    request = frame(2, jpeg(2))
    request.frame.crc32 = 1
    await camera.send(request)
    await camera.finish()
    outcome = Outcome(FrameId("north", "s1", 2), "street", Fate.DONE, 1, 2, "a-worker", crc32=crc32)
    message = outcome_message.to_message(outcome)
    await nats_broker.client.jetstream().publish(message.subject, message.payload)
    for stream in frames_streams("street", Generation.of(1, pipeline)):
        await nats_broker.request(f"$JS.API.STREAM.PURGE.{stream}", {})
    camera = push(channel)
    await camera.open()
    request.frame.crc32 = again
    await camera.send(request)
    # What an older worker did not write down is not known.
    shared = crc32 is not None and again != crc32
    assert await status_of(camera.answered(1)) == (SHARED if shared else (grpc.StatusCode.OK, ""))
