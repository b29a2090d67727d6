"""What every kind of sink promises: nothing is lost, and little is repeated."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import pytest

from framemesh.core.sinks.spec import SinkSpec
from tests.integration.sink.kinds import KINDS, Kind
from tests.integration.sink.world import World
from tests.waiting import eventually

pytestmark = pytest.mark.loop_limit(2.0)
"""What is tested runs in other processes; starting one takes long where the machine is busy."""


@pytest.fixture(params=KINDS, ids=lambda kind: kind.kind.value)
async def kind(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kind]:
    found: Kind = request.param(tmp_path)
    async with found.ready():
        yield found


async def test_all_results_from_now_on_arrive_in_order(world: World, kind: Kind) -> None:
    await world.complete("north", range(1, 6))
    await world.add(kind.spec())
    async with world.running():
        await world.complete("north", range(6, 31))
        await world.caught_up("yard")
        expected = [("north", number) for number in range(6, 31)]
        await eventually(kind.arrived, until=lambda found: found == expected)


async def test_one_that_was_away_goes_on_where_it_was(world: World, kind: Kind) -> None:
    await world.add(kind.spec())
    first = await world.start()
    await world.complete("north", range(1, 11))
    await world.caught_up("yard")
    await first.stop()
    await world.complete("north", range(11, 41))
    away = await world.sinks.manager.get("yard")
    assert away.behind
    assert away.behind.results == 30
    assert away.behind.seconds > 0
    async with world.running():
        await world.caught_up("yard")
        expected = [("north", number) for number in range(1, 41)]
        await eventually(kind.arrived, until=lambda found: found == expected)


async def test_only_results_of_its_cameras_and_labels(world: World, kind: Kind) -> None:
    await world.add(kind.spec(cameras=["north"], labels=("person",)))
    async with world.running():
        await world.complete("south", range(1, 4))
        await world.complete("north", range(1, 4))
        await world.caught_up("yard")
        expected = [("north", 1), ("north", 2), ("north", 3)]
        await eventually(kind.arrived, until=lambda found: found == expected)


@pytest.mark.parametrize("seed", [1])
async def test_killed_at_any_moment_it_loses_nothing(world: World, kind: Kind, seed: int) -> None:
    random = Random(seed)  # noqa: S311  nothing is secret
    await world.add(kind.spec())
    done = asyncio.Event()

    async def killings() -> int:
        kills = 0
        while not done.is_set():
            process, before = await world.start(), len(kind.arrived())
            await _until_more(kind, before, done)
            await asyncio.sleep(random.uniform(0, 0.2))
            if not done.is_set():
                await process.kill()
                kills += 1
        return kills

    killing = asyncio.create_task(killings())
    numbers = range(1, kind.results + 1)
    for number in numbers:
        await world.complete("north", [number])
        await asyncio.sleep(random.uniform(0, 0.06))
    done.set()
    kills = await killing
    await world.caught_up("yard")
    expected = {("north", number) for number in numbers}
    await eventually(lambda: set(kind.arrived()) == expected)
    arrived = kind.arrived()
    assert kills
    assert len(arrived) - len(set(arrived)) <= kills * kind.repeats


async def test_two_processes_share_several_sinks(world: World, kind: Kind, tmp_path: Path) -> None:
    others = {name: type(kind)(tmp_path / name) for name in ("a", "b", "c", "d")}
    async with AsyncExitStack() as stack:
        for name, other in others.items():
            await stack.enter_async_context(other.ready())
            await world.add(other.spec(name))
        await stack.enter_async_context(world.running("one"))
        await stack.enter_async_context(world.running("two"))
        await world.complete("north", range(1, 21))

        async def holders() -> set[str]:
            return {(await world.sinks.manager.get(name)).state.holder for name in others}

        await eventually(holders, until=lambda found: found == {"one", "two"})
        expected = [("north", number) for number in range(1, 21)]
        for name, other in others.items():
            await world.caught_up(name)
            await eventually(other.arrived, until=lambda found: found == expected)


async def test_a_sink_that_is_removed_writes_no_more(world: World, kind: Kind) -> None:
    await world.add(kind.spec())
    async with world.running() as process:
        await world.complete("north", range(1, 6))
        await world.caught_up("yard")
        await world.sinks.manager.remove("yard")
        await eventually(lambda: process.said("sink rests"))
        await world.complete("north", range(6, 11))
        added: SinkSpec = kind.spec("other", cameras=["south"])
        await world.add(added)
        await world.complete("south", [1])
        await world.caught_up("other")
        await eventually(lambda: ("south", 1) in kind.arrived())
    assert ("north", 6) not in kind.arrived()


async def _until_more(kind: Kind, before: int, done: asyncio.Event) -> None:
    await eventually(lambda: len(kind.arrived()) > before or done.is_set())
