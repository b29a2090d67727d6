"""Sinks whose ledger, place or disk is in trouble."""

from dataclasses import replace
from pathlib import Path

import pytest

from framemesh.master.sinks.manager import SinkExists, SinkUnknown
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.messages.subjects import ledger_stream, sink_consumer
from tests.integration.sink.kinds import Jsonl
from tests.integration.sink.world import World
from tests.waiting import eventually

pytestmark = pytest.mark.loop_limit(2.0)
"""What is tested runs in other processes; starting one takes long where the machine is busy."""


async def test_what_was_gone_is_counted_and_said(world: World, tmp_path: Path) -> None:
    kind = Jsonl(tmp_path)
    await world.add(kind.spec())
    first = await world.start()
    await world.complete("north", range(1, 11))
    await world.caught_up("yard")
    await first.stop()
    await world.complete("north", range(11, 31))
    streams = JetStream(world.broker).streams
    await streams.purge(ledger_stream("street"), before_sequence=21)
    async with world.running() as process:
        await world.caught_up("yard")

        async def lost() -> int:
            return (await world.sinks.manager.get("yard")).state.lost_entries

        assert await eventually(lost) == 10
        (line,) = process.said(
            "results were gone before a sink came to them: give the pipeline's ledger more room or"
            " age, or the sink less to write"
        )
        assert line["entries"] == 10
    expected = [*range(1, 11), *range(21, 31)]
    assert kind.arrived() == [("north", number) for number in expected]


async def test_a_sink_that_keeps_up_is_told_no_loss(world: World, tmp_path: Path) -> None:
    kind = Jsonl(tmp_path)
    await world.add(kind.spec(cameras=["north"]))
    async with world.running():
        await world.complete("north", range(1, 6))
        await world.complete("south", range(1, 51))
        await world.caught_up("yard")

        async def seen() -> int:
            return (await world.sinks.manager.get("yard")).state.seen_sequence

        # Entries of another camera go, which this one does not want.
        await eventually(seen, until=lambda sequence: sequence == 55)
        await JetStream(world.broker).streams.purge(ledger_stream("street"))
        await world.complete("north", [6])
        found = await world.caught_up("yard")
    assert found.state.lost_entries == 0


async def test_a_place_that_was_lost_is_restored(world: World, tmp_path: Path) -> None:
    kind = Jsonl(tmp_path)
    added = await world.add(kind.spec())
    async with world.running():
        await world.complete("north", range(1, 11))
        await world.caught_up("yard")
        consumers = JetStream(world.broker).consumers
        await consumers.delete(ledger_stream("street"), sink_consumer("yard"))
        await world.complete("north", range(11, 16))
        state = (await world.sinks.manager.get("yard")).state
        assert await world.sinks.consumers.restore(added.stored.spec, state)
        await world.caught_up("yard")
        expected = {("north", number) for number in range(1, 16)}
        await eventually(lambda: set(kind.arrived()) == expected)


async def test_a_folder_that_cannot_be_written_holds_up_its_own_sink_alone(
    world: World, tmp_path: Path
) -> None:
    blocked, other = Jsonl(tmp_path / "a"), Jsonl(tmp_path / "b")
    (tmp_path / "a").mkdir()
    blocked.folder.write_text("a file is where the folder should be")
    await world.add(blocked.spec("blocked"))
    await world.add(other.spec("other"))
    async with world.running() as process:
        await world.complete("north", range(1, 6))
        await world.caught_up("other")
        await eventually(lambda: process.said("a sink cannot write, will try again"))
        (line,) = process.said("a sink cannot write, will try again")
        assert str(line["why"]) == f"cannot write {blocked.folder}: file exists"
        blocked.folder.unlink()
        await world.caught_up("blocked")
    assert blocked.arrived() == [("north", number) for number in range(1, 6)]


async def test_a_name_is_had_once(world: World, tmp_path: Path) -> None:
    spec = Jsonl(tmp_path).spec()
    first = await world.add(spec)
    assert (await world.add(spec)).stored == first.stored
    with pytest.raises(SinkExists, match="sink 'yard' of pipeline 'street' writes jsonl already"):
        await world.add(replace(spec, cameras=("north",)))
    await world.sinks.manager.remove("yard")
    with pytest.raises(SinkUnknown, match="no sink is named 'yard'"):
        await world.sinks.manager.get("yard")
    assert (await world.add(spec)).stored.number > first.stored.number
