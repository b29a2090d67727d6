"""A leader that is killed around any of its changes of a swarm: the next one comes to the same."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from framemesh.master.fleet.port import FleetState, WorkerGroup
from framemesh.master.fleet.rollout import next_groups
from framemesh.master.fleet.swarm.driver import SwarmDriver
from framemesh.master.fleet.swarm.image_source import OneImage
from framemesh.master.fleet.swarm.swarm_api import Document
from framemesh.master.fleet.swarm.worker_template import WorkerTemplate
from tests.memory_swarm import MemorySwarm

IMAGE = OneImage("registry:5000/framemesh/worker@sha256:" + 64 * "0")
TEMPLATE = WorkerTemplate("framemesh")

ROUNDS = 30
"""More than any of the changes needs."""

STREET, YARD = WorkerGroup("street", 1, 2), WorkerGroup("yard", 1, 1)


class LeaderKilled(Exception):
    """Nothing of its process goes on."""


class LastCalls:
    """The swarm as a leader sees it that is killed around its nth change."""

    def __init__(self, swarm: MemorySwarm, last: int, *, arrives: bool) -> None:
        """`arrives`: the change comes to the swarm, and its answer to nobody."""
        self._swarm = swarm
        self._last = last
        self._arrives = arrives
        self._count = 0

    async def nodes(self) -> Sequence[Document]:
        return await self._swarm.nodes()

    async def services(self, label: str) -> Sequence[Document]:
        return await self._swarm.services(label)

    async def tasks(self) -> Sequence[Document]:
        return await self._swarm.tasks()

    async def secret_ids(self) -> Mapping[str, str]:
        return {}

    async def config_ids(self) -> Mapping[str, str]:
        return {}

    async def create_service(self, spec: Document) -> None:
        await self._change(self._swarm.create_service, spec)

    async def update_service(self, service_id: str, version: int, spec: Document) -> None:
        await self._change(self._swarm.update_service, service_id, version, spec)

    async def remove_service(self, service_id: str) -> None:
        await self._change(self._swarm.remove_service, service_id)

    async def _change(self, ask: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        self._count += 1
        if self._count == self._last and not self._arrives:
            raise LeaderKilled
        await ask(*arguments)
        if self._count == self._last:
            raise LeaderKilled


@dataclass(frozen=True)
class Wish:
    """What should run."""

    groups: Sequence[WorkerGroup]
    cordoned: Collection[str] = ()


BEFORE = Wish([STREET, YARD])

CHANGES = {
    "create": Wish([STREET, YARD, WorkerGroup("gate", 1, 2)]),
    "grow": Wish([replace(STREET, replicas=5), YARD]),
    "shrink": Wish([replace(STREET, replicas=1), YARD]),
    "new version": Wish([replace(STREET, revision=2), YARD]),
    "delete": Wish([YARD]),
    "drain": Wish([STREET, YARD], {"east"}),
    "all at once": Wish([replace(STREET, revision=2, replicas=3)], {"west"}),
}


async def reconcile(driver: SwarmDriver, wish: Wish, epoch: int) -> FleetState:
    """Rounds of a reconciler; returns what there is after the last."""
    for _ in range(ROUNDS):
        observed = await driver.observe()
        groups = [
            group
            for wanted in wish.groups
            for group in next_groups(wanted, observed.of(wanted.pipeline))
        ]
        await driver.apply(groups, wish.cordoned, epoch)
        await asyncio.sleep(0)  # a swarm in memory never waits
    return await driver.observe()


def workers(state: FleetState) -> list[tuple[str, int, bool]]:
    return sorted((each.pipeline, each.revision, each.ready) for each in state.replicas)


async def world() -> MemorySwarm:
    """A swarm in which a first leader has brought about what was wanted before."""
    swarm = MemorySwarm()
    for name in ("east", "west", "north"):
        swarm.add_node(name)
    await reconcile(SwarmDriver(swarm, IMAGE, TEMPLATE), BEFORE, epoch=1)
    return swarm


@pytest.mark.parametrize("arrives", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("kind", CHANGES)
async def test_the_next_leader_comes_to_the_same_end(kind: str, arrives: bool) -> None:
    wish = CHANGES[kind]
    expected = [
        (group.pipeline, group.revision, True)
        for group in sorted(wish.groups, key=lambda group: group.pipeline)
        for _ in range(group.replicas)
    ]
    for last in itertools.count(1):
        swarm = await world()
        doomed = SwarmDriver(LastCalls(swarm, last, arrives=arrives), IMAGE, TEMPLATE)
        try:
            await reconcile(doomed, wish, epoch=2)
        except LeaderKilled:
            state = await reconcile(SwarmDriver(swarm, IMAGE, TEMPLATE), wish, epoch=3)
        else:
            # It made all its changes, and was never killed.
            assert last > 1
            return
        assert workers(state) == expected
        assert not {each.node for each in state.replicas} & {*wish.cordoned}
        services = await swarm.services("framemesh.pipeline")
        assert len(services) == len(wish.groups)
        assert all(each["Spec"]["Labels"]["framemesh.epoch"] == "3" for each in services)
