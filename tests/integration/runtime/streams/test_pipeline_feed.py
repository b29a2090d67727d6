"""Following the pipelines of a real nats-server."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.spec import PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.messages import Messages
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.pipeline_feed import STREAM, PipelineFeed, Pipelines
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, StoredPipeline
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server

CHANGE_SECONDS = 1.0
"""Within which a change must be here."""


def spec(name: str, workers: int = 1) -> PipelineSpec:
    stages = (StageSpec("people", "person", 1),)
    return PipelineSpec(name, stages, workers=WorkersSpec(workers))


@asynccontextmanager
async def running(
    connected: Broker, resync_seconds: float = 60, only: str = ""
) -> AsyncIterator[PipelineFeed]:
    feed = PipelineFeed(connected, SystemClock(), only=only, resync_seconds=resync_seconds)
    async with background_task(feed.run()):
        yield feed


async def reached(
    feed: PipelineFeed, expected: dict[str, StoredPipeline], seconds: float = CHANGE_SECONDS
) -> None:
    found: Pipelines = {}
    try:
        async with asyncio.timeout(seconds):
            async for found in feed.changes():
                if found == expected:
                    return
    except TimeoutError:
        assert found == expected


@pytest.fixture
async def store(nats_broker: Broker) -> PipelineStore:
    found = PipelineStore(nats_broker)
    await found.create()
    return found


async def test_a_snapshot_comes_first_then_every_change(
    nats_broker: Broker, store: PipelineStore
) -> None:
    async with running(nats_broker) as feed:
        await reached(feed, {})
        street = await store.put(spec("street"))
        await reached(feed, {"street": street})
        yard = await store.put(spec("yard"))
        await reached(feed, {"street": street, "yard": yard})
        street = await store.put(spec("street", workers=2))
        await reached(feed, {"street": street, "yard": yard})
        await store.delete("yard")
        await reached(feed, {"street": street})
        async with running(nats_broker) as second:
            await reached(second, {"street": street})


async def test_one_pipeline_is_followed_without_the_others(
    nats_broker: Broker, store: PipelineStore
) -> None:
    await store.put(spec("yard"))
    async with running(nats_broker, only="street") as feed:
        await reached(feed, {})
        street = await store.put(spec("street"))
        await store.put(spec("street-2"))
        await reached(feed, {"street": street})
        await store.delete("yard")
        street = await store.put(spec("street", workers=2))
        await reached(feed, {"street": street})
        await store.delete("street")
        await reached(feed, {})


async def test_a_deleted_pipeline_is_unknown_and_can_be_made_again(
    nats_broker: Broker, store: PipelineStore
) -> None:
    first = await store.put(spec("street"))
    await store.delete("street")
    await store.delete("street")
    async with running(nats_broker) as feed:
        await reached(feed, {})
        again = await store.put(spec("street"))
        assert again.revision > first.revision
        await reached(feed, {"street": again})


async def test_after_any_changes_it_says_what_the_store_says(
    nats_broker: Broker, store: PipelineStore
) -> None:
    chosen = random.Random(22)  # noqa: S311  no secret
    expected: dict[str, StoredPipeline] = {}
    async with running(nats_broker, resync_seconds=0.05) as feed:
        for number in range(300):
            name = chosen.choice("abcdefgh")
            if chosen.random() < 0.3:
                await store.delete(name)
                expected.pop(name, None)
            else:
                expected[name] = await store.put(spec(name, workers=number))
        await reached(feed, expected)


async def test_what_nobody_told_is_found_by_the_next_resync(
    nats_broker: Broker, store: PipelineStore
) -> None:
    street = await store.put(spec("street"))
    async with running(nats_broker, resync_seconds=0.2) as feed:
        await reached(feed, {"street": street})
        await JetStream(nats_broker).streams.purge(STREAM)
        await reached(feed, {})


async def test_a_bucket_that_is_not_there_yet_is_waited_for(nats_broker: Broker) -> None:
    async with running(nats_broker) as feed:
        store = PipelineStore(nats_broker)
        assert feed.pipelines == {}
        await store.create()
        await reached(feed, {})
        street = await store.put(spec("street"))
        await reached(feed, {"street": street})


async def test_a_bucket_that_was_deleted_and_made_anew_is_followed(
    nats_broker: Broker, store: PipelineStore
) -> None:
    street = await store.put(spec("street"))
    async with running(nats_broker) as feed:
        await reached(feed, {"street": street})
        await JetStream(nats_broker).streams.delete(STREAM)
        await asyncio.sleep(0.3)
        # What was known stays, until there is something else to know.
        assert feed.pipelines == {"street": street}
        await store.create()
        yard = await store.put(spec("yard"))
        await reached(feed, {"yard": yard}, seconds=3)


async def test_an_entry_that_is_no_pipeline_is_left_out_and_named(
    nats_broker: Broker, store: PipelineStore
) -> None:
    messages: Messages = JetStream(nats_broker).messages
    await messages.store("$KV.framemesh-pipelines.broken", b"{")
    await messages.store("$KV.framemesh-pipelines.other", b'{"spec": 1}')
    street = await store.put(spec("street"))
    async with running(nats_broker) as feed:
        await reached(feed, {"street": street})
        assert feed.unreadable == {"broken", "other"}
        other = await store.put(spec("other"))
        await reached(feed, {"other": other, "street": street})
        assert feed.unreadable == {"broken"}


async def test_it_survives_a_kill_of_the_broker(nats: NatsServer, tmp_path: Path) -> None:
    log = tmp_path / "nats.log"
    async with running_nats_server(nats, log) as server, broker(nats.url, "test") as connected:
        store = PipelineStore(connected)
        await store.create()
        street = await store.put(spec("street"))
        async with running(connected) as feed:
            await reached(feed, {"street": street})
            server.kill()
            await server.wait()
            async with (
                running_nats_server(nats, log),
                broker(nats.url, "other") as other,
            ):
                yard = await PipelineStore(other).put(spec("yard"))
                await PipelineStore(other).delete("street")
                await reached(feed, {"yard": yard}, seconds=10)
