from contextlib import ExitStack

import pytest

from framemesh.master.fleet.nodes import (
    NodeRegistry,
    NodeReport,
    NodeSession,
    WorkerAssignment,
    WorkerReport,
    WorkerState,
)
from framemesh.master.fleet.process_driver import DesiredWorkers, ProcessDriver


class Room:
    """A registry whose nodes come and go as a test says."""

    def __init__(self) -> None:
        self.registry = NodeRegistry()
        self.driver = ProcessDriver(self.registry)
        self._nodes: dict[str, tuple[ExitStack, NodeSession]] = {}

    def comes(self, name: str, *ready: str, state: WorkerState = WorkerState.READY) -> None:
        workers = tuple(WorkerReport(i, "street", state, 1, "", 0, "") for i in ready)
        stack = ExitStack()
        report = NodeReport(name, 4, 2**30, 0.0, 0, workers)
        self._nodes[name] = stack, stack.enter_context(self.registry.connected(report))

    def leaves(self, name: str) -> None:
        self._nodes.pop(name)[0].close()

    async def assignments(self, count: int, revision: int = 1) -> dict[str, list[str]]:
        """Node -> the numbers of its workers, after one round."""
        self.driver.converge([DesiredWorkers("street", revision, count)])
        return {name: await self._told(session) for name, (_, session) in self._nodes.items()}

    async def _told(self, session: NodeSession) -> list[str]:
        # Told again what it knows, so that there is something to read.
        assignments: tuple[WorkerAssignment, ...] = session._assignments or ()
        session._changed.set()
        assert await session.next_assignments() == assignments
        return [assignment.id.removeprefix("street-") for assignment in assignments]


@pytest.fixture
def room() -> Room:
    return Room()


async def test_workers_are_spread_evenly(room: Room) -> None:
    room.comes("east")
    room.comes("west")
    found = await room.assignments(5)
    assert sorted(map(len, found.values())) == [2, 3]
    assert sorted(number for mine in found.values() for number in mine) == list("01234")


async def test_without_nodes_nothing_is_lost(room: Room) -> None:
    assert await room.assignments(3) == {}
    room.comes("east")
    assert await room.assignments(3) == {"east": ["0", "1", "2"]}


async def test_a_worker_stays_when_nodes_come_and_moves_when_its_node_leaves(room: Room) -> None:
    room.comes("west")
    await room.assignments(2)
    room.comes("east")
    assert await room.assignments(2) == {"west": ["0", "1"], "east": []}
    room.leaves("west")
    assert await room.assignments(2) == {"east": ["0", "1"]}


async def test_a_new_master_leaves_a_worker_where_it_is_ready(room: Room) -> None:
    room.comes("east")
    room.comes("west", "street-0", "street-1")
    assert await room.assignments(3) == {"east": ["2"], "west": ["0", "1"]}


async def test_a_node_that_was_away_for_a_moment_gets_its_workers_back(room: Room) -> None:
    room.comes("east")
    room.comes("west")
    before = await room.assignments(2)
    room.leaves("west")
    await room.assignments(2)
    room.comes("west", *(f"street-{number}" for number in before["west"]))
    assert await room.assignments(2) == before


async def test_a_node_whose_workers_are_not_ready_has_no_claim(room: Room) -> None:
    room.comes("east")
    await room.assignments(1)
    room.comes("west", "street-0", state=WorkerState.STOPPING)
    assert await room.assignments(1) == {"east": ["0"], "west": []}


async def test_two_nodes_with_the_same_worker_keep_it_where_it_was_ordered(room: Room) -> None:
    room.comes("west", "street-0")
    await room.assignments(1)
    room.comes("east", "street-0")
    assert await room.assignments(1) == {"west": ["0"], "east": []}
