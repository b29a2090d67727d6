"""The digest of an image on its way through ingest."""

import zlib

import grpc.aio

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from tests.integration.ingest.conftest import frame, jpeg, push, stored


async def test_the_digest_of_the_camera_is_passed_on_as_it_is(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    camera = push(channel)
    await camera.open()
    right, damaged = frame(1, jpeg(1)), frame(2, jpeg(2))
    right.frame.crc32 = zlib.crc32(jpeg(1))
    damaged.frame.crc32 = 0xAB
    await camera.send(right, damaged)
    await camera.finish()
    assert sorted(camera.accepted) == [1, 2], "whoever looks at it compares"
    digests = (await stored(nats_broker, pipeline)).digests
    assert digests == {"north/s1/1": f"{zlib.crc32(jpeg(1)):08x}", "north/s1/2": "000000ab"}


async def test_a_camera_without_a_digest_gets_ours(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    camera = push(channel)
    await camera.open()
    await camera.send(frame(1, jpeg(1)))
    await camera.finish()
    digests = (await stored(nats_broker, pipeline)).digests
    assert digests == {"north/s1/1": f"{zlib.crc32(jpeg(1)):08x}"}
