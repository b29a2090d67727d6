"""What a camera passes on with a frame."""

import grpc
import grpc.aio

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.messages import frame_message
from framemesh.runtime.messages.subjects import frames_stream
from tests.integration.ingest.conftest import frame, jpeg, push
from tests.integration.services.running import status_of


async def test_headers_are_stored_with_the_frame(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    camera = push(channel)
    await camera.open()
    traced = frame(1, jpeg(1))
    traced.frame.headers["traceparent"] = "00-4bf9-01"
    await camera.send(traced)
    await camera.finish()
    messages = JetStream(nats_broker).messages
    stored = await messages.next(frames_stream(pipeline.name, 1, 0), ">")
    found = frame_message.from_stored(stored.headers, stored.payload)
    assert found.headers == {"traceparent": "00-4bf9-01"}


async def test_a_camera_may_not_tell_the_broker_what_to_do(channel: grpc.aio.Channel) -> None:
    camera = push(channel)
    await camera.open()
    bad = frame(1, jpeg(1))
    bad.frame.headers["Nats-Rollup"] = "all"
    await camera.send(bad)
    code, line = await status_of(camera.finish())
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert "frame 1: header 'Nats-Rollup'" in line
