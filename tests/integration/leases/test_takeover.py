"""One shard, and holders who come after one another."""

import asyncio
from typing import Any

import pytest

from framemesh.core.leases.lease_member import LeaseLost
from framemesh.core.pipeline.generation import Shard
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume.ordered_reader import StreamGone
from framemesh.runtime.jetstream.consume.shard_consumer import shard_consumer_config
from framemesh.runtime.jetstream.leases.takeover import ExclusiveConsumer, take_over
from framemesh.runtime.messages.subjects import shard_consumer, shard_stream
from tests.integration.leases.conftest import GENERATION
from tests.integration.leases.pulling import Pulled, publish, pulling
from tests.waiting import eventually

SHARD = Shard("street", generation=1, stream=0, number=3)
BESIDE = Shard("street", generation=1, stream=0, number=3, high=True)
STREAM = shard_stream(SHARD)


class GatedBroker(Broker):
    """A process that is stopped just before it asks for one thing, until it is let go on."""

    def __init__(self, url: str, before: str) -> None:
        super().__init__(url)
        self._before = before
        self.stopped = asyncio.Event()
        self.let_go = asyncio.Event()

    async def request(self, subject: str, body: dict[str, Any]) -> dict[str, Any]:
        if subject.startswith(f"$JS.API.CONSUMER.{self._before}."):
            self.stopped.set()
            await self.let_go.wait()
        return await super().request(subject, body)


async def consumers(broker: Broker) -> set[str]:
    """Those of the shard."""
    answer = await broker.request(f"$JS.API.CONSUMER.NAMES.{STREAM}", {})
    base = shard_consumer(SHARD)
    return {name for name in answer["consumers"] if name.startswith(base) and "high" not in name}


async def until_left(broker: Broker, count: int) -> None:
    """Wait until so many frames are in the stream: nobody says when an ack is carried out."""
    await eventually(
        lambda: broker.request(f"$JS.API.STREAM.INFO.{STREAM}", {}),
        5,
        until=lambda info: info["state"]["messages"] == count,
    )


async def ack(pulled: Pulled, *sequences: int) -> None:
    for delivery in pulled.deliveries:
        if delivery.sequence in sequences:
            await delivery.ack()


async def test_the_next_holder_first_gets_the_frames_of_the_former(
    provisioned: Broker, other_broker: Broker
) -> None:
    """Though the former one was only stopped, and its request is still open."""
    former = await take_over(other_broker, SHARD, 5, "holder-5")
    await publish(provisioned, SHARD, 8)
    async with pulling(other_broker, former) as theirs:
        await theirs.until(8)
        await ack(theirs, 1, 4)
        await until_left(provisioned, 6)
        ours = await take_over(provisioned, SHARD, 9, "holder-9")
        await publish(provisioned, SHARD, 3)
        async with pulling(provisioned, ours) as mine, asyncio.timeout(2):
            assert await mine.until(9) == [2, 3, 5, 6, 7, 8, 9, 10, 11]
        await theirs.gone.wait()
    assert theirs.sequences == [1, 2, 3, 4, 5, 6, 7, 8], "not one after the takeover"


async def test_late_acks_of_the_former_holder_are_ignored(
    provisioned: Broker, other_broker: Broker
) -> None:
    former = await take_over(other_broker, SHARD, 5, "holder-5")
    await publish(provisioned, SHARD, 4)
    async with pulling(other_broker, former) as theirs:
        await theirs.until(4)
        ours = await take_over(provisioned, SHARD, 9, "holder-9")
        async with pulling(provisioned, ours) as mine:
            await mine.until(4)
            await theirs.deliveries[0].ack()
            await theirs.deliveries[1].discard("late")
            await theirs.deliveries[2].nak()
            await theirs.deliveries[3].in_progress()
            await other_broker.client.flush()
            await ack(mine, 4)
            await until_left(provisioned, 3)
            await ack(mine, 1, 2, 3)
            await until_left(provisioned, 0)
            assert mine.sequences == [1, 2, 3, 4], "none a second time"


async def test_only_frames_of_an_earlier_holder_are_suspect(provisioned: Broker) -> None:
    first = await take_over(provisioned, SHARD, 5, "holder-5")
    assert first.suspects_to == 0
    await publish(provisioned, SHARD, 3)
    async with pulling(provisioned, first) as pulled:
        await pulled.until(3)
    await publish(provisioned, SHARD, 2)
    second = await take_over(provisioned, SHARD, 9, "holder-9")
    assert second.suspects_to == 3
    third = await take_over(provisioned, SHARD, 12, "holder-12")
    assert third.suspects_to == 3, "it is not forgotten"


async def test_frames_of_the_same_holder_are_not_suspect_in_its_next_lease(
    provisioned: Broker,
) -> None:
    """It lived to ask again: so it is where a lease ran out while brokers elected a leader."""
    await publish(provisioned, SHARD, 3)
    async with pulling(provisioned, await take_over(provisioned, SHARD, 5, "other")) as pulled:
        await pulled.until(3)
        await ack(pulled, 1, 2)
        await until_left(provisioned, 1)
    ours = await take_over(provisioned, SHARD, 7, "holder")
    assert ours.suspects_to == 3
    await publish(provisioned, SHARD, 2)
    async with pulling(provisioned, ours) as pulled:
        await pulled.until(3)
    assert (await take_over(provisioned, SHARD, 9, "holder")).suspects_to == 3
    assert (await take_over(provisioned, SHARD, 12, "other")).suspects_to == 5


async def test_a_holder_may_replace_its_consumer_in_the_same_lease(provisioned: Broker) -> None:
    """As after a connection broke: the frames that were lost on their way come before newer ones,
    and are not suspect."""
    first = await take_over(provisioned, SHARD, 5, "holder-5")
    await publish(provisioned, SHARD, 3)
    async with pulling(provisioned, first) as pulled:
        await pulled.until(3)
    await publish(provisioned, SHARD, 2)
    again = await take_over(provisioned, SHARD, 5, "holder-5")
    async with pulling(provisioned, again) as pulled:
        assert await pulled.until(5) == [1, 2, 3, 4, 5]
    assert again.suspects_to == 0
    assert await consumers(provisioned) == {again.name}


async def test_the_consumers_of_other_shards_stay(provisioned: Broker) -> None:
    high = await take_over(provisioned, BESIDE, 5, "holder-5")
    await take_over(provisioned, SHARD, 9, "holder-9")
    await publish(provisioned, BESIDE, 1)
    async with pulling(provisioned, high) as pulled:
        assert await pulled.until(1) == [1]


async def test_a_shared_consumer_is_taken_over_too(provisioned: Broker) -> None:
    name = shard_consumer(SHARD)
    config = {"stream_name": STREAM, "config": shard_consumer_config(SHARD, name).to_json()}
    create = f"$JS.API.CONSUMER.DURABLE.CREATE.{STREAM}.{name}"
    await provisioned.request(create, config)
    ours = await take_over(provisioned, SHARD, 9, "holder-9")
    assert await consumers(provisioned) == {ours.name}
    assert "error" in await provisioned.request(create, config), "it cannot come back beside it"


async def test_frames_of_a_retired_generation_are_taken_over(provisioned: Broker) -> None:
    await publish(provisioned, SHARD, 2)
    await take_over(provisioned, SHARD, 5, "holder-5")
    await BufferProvisioner(provisioned).retire("street", GENERATION)
    async with pulling(provisioned, await take_over(provisioned, SHARD, 9, "holder-9")) as pulled:
        assert await pulled.until(2) == [1, 2]


async def test_a_deleted_buffer_is_an_error(provisioned: Broker) -> None:
    await provisioned.request(f"$JS.API.STREAM.DELETE.{STREAM}", {})
    with pytest.raises(StreamGone):
        await take_over(provisioned, SHARD, 5, "holder-5")


async def test_a_takeover_that_died_halfway_does_not_disturb_the_next_one(
    provisioned: Broker, nats_url: str
) -> None:
    await take_over(provisioned, SHARD, 5, "holder-5")
    await publish(provisioned, SHARD, 2)
    dying = GatedBroker(nats_url, "DURABLE.CREATE")
    await dying.connect("dying")
    takeover = asyncio.create_task(take_over(dying, SHARD, 9, "holder-9"))
    await dying.stopped.wait()
    assert await consumers(provisioned) == set(), "it has deleted, and not created"
    takeover.cancel()
    await dying.close()
    async with pulling(provisioned, await take_over(provisioned, SHARD, 12, "holder-12")) as pulled:
        assert await pulled.until(2) == [1, 2]


@pytest.mark.parametrize("before", ["NAMES", "INFO", "DELETE", "DURABLE.CREATE"])
async def test_a_suspended_takeover_does_not_disturb_a_later_one(
    provisioned: Broker, nats_url: str, before: str
) -> None:
    await take_over(provisioned, SHARD, 5, "holder-5")
    sleeping = GatedBroker(nats_url, before)
    await sleeping.connect("sleeping")
    takeover = asyncio.create_task(take_over(sleeping, SHARD, 9, "holder-9"))
    await sleeping.stopped.wait()
    ours = await take_over(provisioned, SHARD, 12, "holder-12")
    sleeping.let_go.set()
    with pytest.raises(LeaseLost):
        await takeover
    assert await consumers(provisioned) == {ours.name}
    await sleeping.close()


async def test_a_late_consumer_of_an_earlier_takeover_is_replaced(
    provisioned: Broker, nats_url: str
) -> None:
    earlier, later = (
        GatedBroker(nats_url, "DURABLE.CREATE"),
        GatedBroker(nats_url, "DURABLE.CREATE"),
    )
    async with asyncio.TaskGroup() as takeovers:
        tasks: list[asyncio.Task[ExclusiveConsumer]] = []
        for stopped, epoch in ((earlier, 9), (later, 12)):
            await stopped.connect(str(epoch))
            tasks.append(takeovers.create_task(take_over(stopped, SHARD, epoch, f"holder-{epoch}")))
            await stopped.stopped.wait()
        earlier.let_go.set()
        assert (await tasks[0]).name in await consumers(provisioned)
        later.let_go.set()
        assert {(await tasks[1]).name} == await consumers(provisioned)
    for connected in (earlier, later):
        await connected.close()


async def test_of_many_takeovers_at_once_the_latest_lease_wins(provisioned: Broker) -> None:
    tried = await asyncio.gather(
        *(take_over(provisioned, SHARD, epoch, f"holder-{epoch}") for epoch in range(1, 9)),
        return_exceptions=True,
    )
    assert all(isinstance(each, ExclusiveConsumer | LeaseLost) for each in tried)
    latest = tried[-1]
    assert isinstance(latest, ExclusiveConsumer)
    assert await consumers(provisioned) == {latest.name}
