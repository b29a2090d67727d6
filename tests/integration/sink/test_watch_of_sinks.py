"""What a master does again and again, so that the places of sinks are as they should be."""

from pathlib import Path

import pytest

from framemesh.core.clock import SystemClock
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.jetstream.sinks.sink_states import SinkState
from framemesh.runtime.messages.subjects import ledger_stream, pictures_stream, sink_consumer
from tests.integration.sink.kinds import Jsonl, Mp4
from tests.integration.sink.world import World


async def look(world: World) -> None:
    feed = PipelineFeed(world.broker, SystemClock())
    async with background_task(feed.run()):
        await feed.known()
        await world.sinks.watch(feed).look()


async def test_what_a_killed_master_left_of_a_sink_is_removed(world: World, tmp_path: Path) -> None:
    spec = Jsonl(tmp_path).spec()
    await world.add(spec)
    # Killed after the definition was removed.
    await world.sinks.store.remove("yard")
    await world.sinks.states.tell("yard", SinkState(1))
    await look(world)
    assert await world.sinks.consumers.names("street") == []
    assert await world.sinks.states.names() == []


async def test_a_place_that_is_gone_comes_back(world: World, tmp_path: Path) -> None:
    await world.add(Jsonl(tmp_path).spec())
    consumers = JetStream(world.broker).consumers
    await consumers.delete(ledger_stream("street"), sink_consumer("yard"))
    await look(world)
    assert await world.sinks.consumers.names("street") == ["yard"]


@pytest.mark.parametrize("wanted", [True, False])
async def test_pictures_are_there_exactly_while_they_are_wanted(
    world: World, tmp_path: Path, wanted: bool
) -> None:
    await world.add(Mp4(tmp_path).spec())
    if wanted:
        await world.sinks.pictures.delete("street")
    else:
        await world.sinks.store.remove("yard")
    await look(world)
    assert await world.sinks.pictures.there() == ({pictures_stream("street")} if wanted else set())
