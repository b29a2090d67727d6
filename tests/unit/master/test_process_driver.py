from contextlib import ExitStack

import pytest

from framemesh.master.fleet import nodes
from framemesh.master.fleet.nodes import (
    NodeRegistry,
    NodeReport,
    NodeSession,
    TooManyNodes,
    WorkerAssignment,
    WorkerReport,
)
from framemesh.master.fleet.port import WorkerGroup, WorkerState
from framemesh.master.fleet.process_driver import ProcessDriver

READY, STARTING, STOPPING = WorkerState.READY, WorkerState.STARTING, WorkerState.STOPPING


class Nodes:
    """A registry whose nodes come and go as a test says."""

    def __init__(self) -> None:
        self.registry = NodeRegistry()
        self.driver = ProcessDriver(self.registry)
        self._connected: dict[str, tuple[ExitStack, NodeSession]] = {}

    def comes(self, name: str, **workers: WorkerState) -> None:
        """A node connects, with the workers `r1_0` and so on of the pipeline `street`."""
        stack = ExitStack()
        first = self._report(name, workers)
        self._connected[name] = stack, stack.enter_context(self.registry.connected(first))

    def reports(self, name: str, **workers: WorkerState) -> None:
        self._connected[name][1].report = self._report(name, workers)

    def leaves(self, name: str) -> None:
        self._connected.pop(name)[0].close()

    async def assigned(self, *groups: tuple[int, int]) -> dict[str, list[str]]:
        """Node -> its workers, after one call with groups of revision and replicas."""
        await self.driver.apply([WorkerGroup("street", *group) for group in groups])
        return {name: await self._sent(session) for name, (_, session) in self._connected.items()}

    @staticmethod
    def _report(name: str, workers: dict[str, WorkerState]) -> NodeReport:
        reports = tuple(
            WorkerReport(
                id="street-" + word.replace("_", "-"),
                pipeline="street",
                state=state,
                pid=1,
                address="",
                restarts=0,
                trouble="",
                revision=int(word.split("_")[0][1:]),
            )
            for word, state in workers.items()
        )
        return NodeReport(name, 4, 2**30, 0.0, 0, reports)

    @staticmethod
    async def _sent(session: NodeSession) -> list[str]:
        # Sent again, so that there is something to read.
        assignments: tuple[WorkerAssignment, ...] = session._assignments or ()
        session._assigned.set()
        assert await session.next_assignments() == assignments
        return [assignment.id.removeprefix("street-") for assignment in assignments]


@pytest.fixture
def mesh() -> Nodes:
    return Nodes()


async def test_workers_are_spread_evenly(mesh: Nodes) -> None:
    mesh.comes("east")
    mesh.comes("west")
    found = await mesh.assigned((1, 5))
    assert sorted(map(len, found.values())) == [2, 3]
    assert sorted(id_ for mine in found.values() for id_ in mine) == [f"r1-{n}" for n in range(5)]


async def test_without_nodes_nothing_is_lost(mesh: Nodes) -> None:
    assert await mesh.assigned((1, 3)) == {}
    assert (await mesh.driver.observe()).problem.startswith("no node is here")
    mesh.comes("east")
    assert await mesh.assigned((1, 3)) == {"east": ["r1-0", "r1-1", "r1-2"]}
    assert not (await mesh.driver.observe()).problem


async def test_a_worker_stays_when_nodes_come_and_moves_when_its_node_leaves(mesh: Nodes) -> None:
    mesh.comes("west")
    await mesh.assigned((1, 2))
    mesh.comes("east")
    assert await mesh.assigned((1, 2)) == {"west": ["r1-0", "r1-1"], "east": []}
    mesh.leaves("west")
    assert await mesh.assigned((1, 2)) == {"east": ["r1-0", "r1-1"]}


async def test_a_new_master_leaves_a_worker_where_it_is_ready(mesh: Nodes) -> None:
    mesh.comes("east")
    mesh.comes("west", r1_0=READY, r1_1=READY)
    assert await mesh.assigned((1, 3)) == {"east": ["r1-2"], "west": ["r1-0", "r1-1"]}


async def test_a_new_master_finds_workers_of_every_number(mesh: Nodes) -> None:
    mesh.comes("west", r1_1=READY, r1_4=READY)
    assert await mesh.assigned((1, 2)) == {"west": ["r1-1", "r1-4"]}


async def test_a_node_that_was_away_for_a_moment_gets_its_workers_back(mesh: Nodes) -> None:
    mesh.comes("east")
    mesh.comes("west")
    before = await mesh.assigned((1, 2))
    mesh.leaves("west")
    await mesh.assigned((1, 2))
    (mine,) = before["west"]
    mesh.comes("west", **{mine.replace("-", "_"): READY})
    assert await mesh.assigned((1, 2)) == before


async def test_a_node_whose_workers_are_not_ready_has_no_claim(mesh: Nodes) -> None:
    mesh.comes("east")
    await mesh.assigned((1, 1))
    mesh.comes("west", r1_0=STOPPING)
    assert await mesh.assigned((1, 1)) == {"east": ["r1-0"], "west": []}


async def test_two_nodes_with_the_same_worker_keep_it_where_it_was_assigned(mesh: Nodes) -> None:
    mesh.comes("west", r1_0=READY)
    await mesh.assigned((1, 1))
    mesh.comes("east", r1_0=READY)
    assert await mesh.assigned((1, 1)) == {"west": ["r1-0"], "east": []}


async def test_workers_of_two_revisions_run_side_by_side(mesh: Nodes) -> None:
    mesh.comes("east")
    assert await mesh.assigned((1, 2), (2, 1)) == {"east": ["r1-0", "r1-1", "r2-0"]}
    assert await mesh.assigned((2, 2)) == {"east": ["r2-0", "r2-1"]}


async def test_a_group_that_shrinks_keeps_the_workers_that_are_ready(mesh: Nodes) -> None:
    mesh.comes("east")
    await mesh.assigned((1, 3))
    mesh.reports("east", r1_0=STARTING, r1_1=READY, r1_2=STARTING)
    assert await mesh.assigned((1, 1)) == {"east": ["r1-1"]}
    mesh.reports("east", r1_0=STOPPING, r1_1=READY, r1_2=STOPPING)
    assert await mesh.assigned((1, 1)) == {"east": ["r1-1"]}


def test_a_change_of_a_worker_is_news_and_a_figure_of_the_machine_is_not(mesh: Nodes) -> None:
    mesh.comes("east", r1_0=STARTING)
    mesh.registry.changed.clear()
    mesh.reports("east", r1_0=STARTING)
    assert not mesh.registry.changed.is_set()
    mesh.reports("east", r1_0=READY)
    assert mesh.registry.changed.is_set()


def test_more_nodes_than_a_master_takes_are_refused(
    mesh: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "MAX_NODES", 2)
    mesh.comes("east")
    mesh.comes("west")
    with pytest.raises(TooManyNodes, match="2 nodes are connected"):
        mesh.comes("north")
    # One that is here already comes back.
    mesh.comes("west")
    mesh.leaves("east")
    mesh.comes("north")
