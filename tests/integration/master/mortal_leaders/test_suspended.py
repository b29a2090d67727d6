"""A leader is suspended after every single step of every kind of change, and goes on once another
leads; the other one finds the same end.

A step is a write to JetStream, or an application to the fleet.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine

import pytest

from framemesh.core.errors import FramemeshError
from framemesh.runtime.jetstream.connection.broker import Broker
from tests.integration.master.mortal_leaders.broker import SuspendedLife
from tests.integration.master.mortal_leaders.changes import CHANGES, STREET, Change
from tests.integration.master.mortal_leaders.fleets import MemoryFleet
from tests.integration.master.mortal_leaders.leader import Leader
from tests.integration.master.mortal_leaders.steps import TIMEOUT, tried
from tests.integration.master.mortal_leaders.world import World

pytestmark = pytest.mark.timeout(TIMEOUT)

UNFENCED = "create", "new version", "delete", "promotion of a model", "other bounds"
"""Kinds that are tried as if the lease were still certain, too: revisions alone have to do."""

KINDS = [*((kind, True) for kind in CHANGES), *((kind, False) for kind in UNFENCED)]


@pytest.mark.parametrize(("kind", "fenced"), KINDS)
async def test_a_leader_that_was_suspended_spoils_nothing_of_the_next_one(
    kind: str, fenced: bool, url: str, nats_broker: Broker
) -> None:
    change, world = CHANGES[kind], World(url, nats_broker, MemoryFleet)
    whole, before, after = await world.ends(change)
    for steps in tried(kind, range(1, whole + 1)):
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
    whole, before, _ = await world.ends(delete)
    for steps in tried("made again", range(1, whole + 1)):
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
