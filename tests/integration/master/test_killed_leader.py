"""A leader is killed after every single step of every kind of change; the next one finds the same
end.

A step is a write to JetStream, or an application to the fleet.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine

import pytest

from framemesh.core.errors import FramemeshError
from framemesh.runtime.jetstream.api import servers
from framemesh.runtime.jetstream.connection.broker import Broker
from tests.integration.master.conftest import Master, manifest
from tests.integration.master.leader_changes import CHANGES, STREET, Change
from tests.integration.master.mortal_broker import Killed, Life, SuspendedLife
from tests.integration.master.mortal_fleets import FLEETS, MemoryFleet
from tests.integration.master.mortal_leader import Leader
from tests.integration.master.mortal_world import World
from tests.integration.services.running import master

pytestmark = pytest.mark.timeout(120)

MAX_STEPS = 100
"""Of one change: more are a change that never ends."""

OF_FLEETS = ("create", "scale", "new version", "delete", "drain of a node", "canary that is good")
"""Kinds that are tried with agents, too: what others ask of a fleet is among this."""

UNFENCED = "create", "new version", "delete", "promotion of a model", "other bounds"
"""Kinds that are tried as if the lease were still certain, too: revisions alone have to do."""

SUSPENDED = [*((kind, True) for kind in CHANGES), *((kind, False) for kind in UNFENCED)]

KINDS = [*((kind, "memory") for kind in CHANGES), *((kind, "agents") for kind in OF_FLEETS)]


async def ends(world: World, change: Change) -> tuple[int, dict[str, object], dict[str, object]]:
    """The steps of a change that nothing disturbs, and what there is before and after it."""
    await world.begin(change)
    before, whole = await world.found(), Life()
    await world.settle(change.act, whole)
    assert 0 < whole.taken < MAX_STEPS
    return whole.taken, before, await world.found()


@pytest.fixture
async def url(nats_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a nats-server that has two versions of a model."""
    # There is one server, and it is asked hundreds of times.
    monkeypatch.setattr(servers, "ANSWER_SECONDS", 0.0)
    async with master(nats_url) as channel:
        for labels in (["person"], ["human"]):
            await Master(channel).register(manifest(labels=labels))
    return nats_url


@pytest.mark.parametrize(("kind", "fleet"), KINDS)
async def test_the_next_leader_finds_the_same_end(
    kind: str, fleet: str, url: str, nats_broker: Broker
) -> None:
    change, world = CHANGES[kind], World(url, nats_broker, FLEETS[fleet])
    whole, before, after = await ends(world, change)
    if change.frames:
        await world.work_off()
    end = await world.found()

    for steps in range(whole + 1):
        await world.begin(change)
        with contextlib.suppress(Killed):
            await world.settle(change.act, Life(steps))
        await world.settle()
        alone = await world.found()
        assert alone in (before, after), f"after {steps} steps"
        await world.settle(change.act)
        assert await world.found() == after, f"after {steps} steps, and once more"
        if change.frames:
            await world.work_off()
            assert await world.found() == end, f"after {steps} steps, once more, and all frames"


@pytest.mark.parametrize(("kind", "fenced"), SUSPENDED)
async def test_a_leader_that_was_suspended_spoils_nothing_of_the_next_one(
    kind: str, fenced: bool, url: str, nats_broker: Broker
) -> None:
    change, world = CHANGES[kind], World(url, nats_broker, MemoryFleet)
    whole, before, after = await ends(world, change)
    for steps in range(1, whole + 1):
        await world.begin(change)
        life = SuspendedLife(steps)
        async with world.leader(life, fenced=fenced) as old:
            with contextlib.suppress(FramemeshError):
                async with suspended(_acted(change, old), life), world.leader() as new:
                    await new.settle()
        await world.settle()
        assert await world.found() in (before, after), f"suspended after {steps} steps"


async def test_what_is_made_again_is_not_deleted_by_a_leader_that_was_suspended(
    url: str, nats_broker: Broker
) -> None:
    world, delete = World(url, nats_broker, MemoryFleet), CHANGES["delete"]
    whole, before, _ = await ends(world, delete)
    for steps in range(1, whole + 1):
        await world.begin(delete)
        life = SuspendedLife(steps)
        async with world.leader(life) as old:
            with contextlib.suppress(FramemeshError):
                async with suspended(_acted(delete, old), life), world.leader() as new:
                    await new.settle()
                    await new.pipelines.apply(STREET)
                    await world.push(delete.frames)
        await world.settle()
        assert await world.found() == before, f"suspended after {steps} steps"


@contextlib.asynccontextmanager
async def suspended(work: Coroutine[None, None, None], life: SuspendedLife) -> AsyncIterator[None]:
    """The leader that does `work` is suspended in the body, and goes on to its end afterwards.

    Raises:
        FramemeshError: it was refused; its caller tries again.
    """
    async with asyncio.TaskGroup() as tasks:
        asleep = tasks.create_task(life.suspended.wait())
        acting = asyncio.ensure_future(work)
        await asyncio.wait({acting, asleep}, return_when=asyncio.FIRST_COMPLETED)
        yield
        life.go_on.set()
        asleep.cancel()
    await acting


async def _acted(change: Change, leader: Leader) -> None:
    """What a person does, and what a master does by itself, until it is suspended."""
    if change.act:
        await change.act(leader)
    else:
        await leader.settle()
