"""A leader is killed after every single step of every kind of change; the next one finds the same
end.

A step is a write to JetStream, or an application to the fleet.
"""

import contextlib

import pytest

from framemesh.runtime.jetstream.connection.broker import Broker
from tests.integration.master.mortal_leaders.broker import Killed, Life
from tests.integration.master.mortal_leaders.changes import CHANGES
from tests.integration.master.mortal_leaders.fleets import FLEETS
from tests.integration.master.mortal_leaders.steps import TIMEOUT, tried
from tests.integration.master.mortal_leaders.world import World

pytestmark = pytest.mark.timeout(TIMEOUT)

OF_FLEETS = ("create", "scale", "new version", "delete", "drain of a node", "canary that is good")
"""Kinds that are tried with agents, too: what others ask of a fleet is among this."""

KINDS = [*((kind, "memory") for kind in CHANGES), *((kind, "agents") for kind in OF_FLEETS)]


@pytest.mark.parametrize(("kind", "fleet"), KINDS)
async def test_the_next_leader_finds_the_same_end(
    kind: str, fleet: str, url: str, nats_broker: Broker
) -> None:
    change, world = CHANGES[kind], World(url, nats_broker, FLEETS[fleet])
    whole, before, after = await world.ends(change)
    if change.frames:
        await world.work_off()
    end = await world.found()

    for steps in tried(kind, range(whole + 1)):
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
