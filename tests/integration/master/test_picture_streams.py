"""Sinks and a shadow share the copies of frames that the broker makes."""

from dataclasses import replace

import pytest

from framemesh.core.frame import Frame, FrameId
from framemesh.core.pipeline.generation import Generation, Shard
from framemesh.core.pipeline.rollout_spec import RolloutSpec
from framemesh.core.pipeline.shadow_spec import ShadowSpec
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.master.pipelines.picture_streams import PictureStreams
from framemesh.master.pipelines.shadow_streams import ShadowStreams
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.sinks.sink_store import SinkStore
from framemesh.runtime.messages import frame_message
from framemesh.runtime.messages.subjects import pictures_stream, shadow_stream
from tests.integration.services.running import stand_pipeline
from tests.waiting import eventually


async def offer(broker: Broker, number: int) -> None:
    frame = Frame(FrameId("north", "s", number), 5, b"image", 0)
    message = frame_message.to_message(Shard("street", 1, 0, 0), frame)
    headers = {"Nats-Msg-Id": message.id, **message.headers}
    await JetStream(broker).messages.store(message.subject, message.payload, headers)


@pytest.mark.parametrize("shadow", [False, True])
@pytest.mark.parametrize("pictures", [False, True])
async def test_each_gets_every_copy_that_it_wants(
    nats_broker: Broker, shadow: bool, pictures: bool
) -> None:
    spec: PipelineSpec = await stand_pipeline(nats_broker)
    if shadow:
        spec = replace(spec, rollout=RolloutSpec(shadow=ShadowSpec(models={"people": 2})))
        await ShadowStreams(nats_broker).provision("street")
    if pictures:
        await PictureStreams(nats_broker, SinkStore(nats_broker)).provision(spec)
    buffers = BufferProvisioner(nats_broker)
    await buffers.provision(spec, Generation.of(1, spec), pictures=pictures)
    for number in (1, 2, 3):
        await offer(nats_broker, number)
    jetstream = JetStream(nats_broker)
    wanted = {shadow_stream("street"): shadow, pictures_stream("street"): pictures}
    for stream in [stream for stream, there in wanted.items() if there]:

        async def copied(stream: str = stream) -> bool:
            return (await jetstream.streams.info(stream)).state.messages == 3

        await eventually(copied)
        subject = f"{stream.partition('-')[0].lower()}.street.north"
        copy = await jetstream.messages.next(stream, subject)
        found = frame_message.from_stored(copy.headers, copy.payload)
        assert (found.id, found.image) == (FrameId("north", "s", 1), b"image")
