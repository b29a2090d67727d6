"""What a shadow relies on: the broker copies what a stream stores, and nothing waits for copies.

See docs/adr/0043-shadows.md.
"""

from dataclasses import replace

from framemesh.core.frame import Frame, FrameId
from framemesh.core.pipeline.generation import Shard
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.streams import Republish, StreamConfig
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.messages import frame_message
from tests.waiting import eventually

FRAMES = StreamConfig(
    name="FRAMES-street-1-0",
    subjects=("frames.street.1-0.*", "frames.street.1-1.*"),
    retention="workqueue",
    discard="new",
    max_bytes=16 * 1024**2,
)
COPIES = StreamConfig(
    name="SHADOW-street",
    subjects=("shadow.street.*",),
    retention="workqueue",
    discard="old",
    max_bytes=100_000,
)
COPIED = Republish("frames.street.*.*", "shadow.street.{{wildcard(2)}}")


async def stored(jetstream: JetStream, number: int, size: int = 1000) -> Frame:
    frame = Frame(FrameId("north", "s", number), 5, bytes(size), 0)
    message = frame_message.to_message(Shard("street", 1, 0, number % 2), frame)
    headers = {"Nats-Msg-Id": message.id, **message.headers}
    await jetstream.messages.store(message.subject, message.payload, headers)
    return frame


async def test_a_stream_in_use_begins_and_ends_to_be_copied(nats_broker: Broker) -> None:
    jetstream = JetStream(nats_broker)
    await jetstream.streams.create(FRAMES)
    await jetstream.streams.create(COPIES)
    await stored(jetstream, 1)
    await jetstream.streams.update(replace(FRAMES, republish=COPIED))
    assert (await jetstream.streams.info(FRAMES.name)).config.republish == COPIED
    second = await stored(jetstream, 2)

    async def copied() -> bool:
        return (await jetstream.streams.info(COPIES.name)).state.messages == 1

    await eventually(copied)
    copy = await jetstream.messages.next(COPIES.name, "shadow.street.north")
    found = frame_message.from_stored(copy.headers, copy.payload)
    assert replace(found, headers={}) == replace(second, headers={})
    await jetstream.streams.update(FRAMES)
    assert (await jetstream.streams.info(FRAMES.name)).config.republish is None
    await stored(jetstream, 3)
    assert (await jetstream.streams.info(FRAMES.name)).state.messages == 3
    assert (await jetstream.streams.info(COPIES.name)).state.last_sequence == 1


async def test_a_shadow_that_draws_nothing_loses_copies_and_no_frame(nats_broker: Broker) -> None:
    jetstream = JetStream(nats_broker)
    await jetstream.streams.create(replace(FRAMES, republish=COPIED))
    await jetstream.streams.create(COPIES)
    for number in range(1, 31):
        await stored(jetstream, number, size=10_000)

    async def all_copied() -> bool:
        return (await jetstream.streams.info(COPIES.name)).state.last_sequence == 30

    await eventually(all_copied)
    assert (await jetstream.streams.info(COPIES.name)).state.bytes <= COPIES.max_bytes
    await jetstream.streams.delete(COPIES.name)
    await stored(jetstream, 31)
    assert (await jetstream.streams.info(FRAMES.name)).state.messages == 31
