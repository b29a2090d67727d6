from contextlib import ExitStack

import pytest

from framemesh.core.resources import Resources
from framemesh.master.fleet import nodes
from framemesh.master.fleet.node_report import (
    Gpu,
    NodeReport,
    WorkerAssignment,
    WorkerReport,
)
from framemesh.master.fleet.nodes import (
    NODE_TTL_SECONDS,
    NodeNameTaken,
    NodeRegistry,
    NodeSession,
    TooManyNodes,
)
from framemesh.master.fleet.port import WorkerGroup, WorkerState
from framemesh.master.fleet.process_driver import ProcessDriver
from tests.hand_clock import HandClock

READY, STARTING, STOPPING = WorkerState.READY, WorkerState.STARTING, WorkerState.STOPPING


class Nodes:
    """A registry whose nodes come and go as a test says."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.gpus = 0
        """Of the nodes that come or report."""
        self.agent = "one"
        """The id of their agents."""
        self.cordoned: set[str] = set()
        self.registry = NodeRegistry(self.clock)
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
        return await self.applied(*(WorkerGroup("street", *group) for group in groups))

    async def applied(self, *groups: WorkerGroup) -> dict[str, list[str]]:
        await self.driver.apply(groups, self.cordoned)
        return {name: await self._sent(session) for name, (_, session) in self._connected.items()}

    def _report(self, name: str, workers: dict[str, WorkerState]) -> NodeReport:
        reports = tuple(
            WorkerReport(self._assignment(word), state, pid=1, address="", restarts=0, trouble="")
            for word, state in workers.items()
        )
        return NodeReport(
            name,
            4,
            2**30,
            0.0,
            0,
            reports,
            gpus=tuple(Gpu(f"GPU-{name}-{n}", "a GPU", 2**30, 0, 0.0) for n in range(self.gpus)),
            agent_id=self.agent,
        )

    def _assignment(self, word: str) -> WorkerAssignment:
        """As a node reports it: what it was assigned, or what an earlier master had assigned."""
        id_ = "street-" + word.replace("_", "-")
        given = WorkerAssignment(id_, "street", int(word.split("_", maxsplit=1)[0][1:]))
        for _, session in self._connected.values():
            sent = session._assignments
            given = (
                next((each for each in sent.workers if each.id == id_), given) if sent else given
            )
        return given

    @staticmethod
    async def _sent(session: NodeSession) -> list[str]:
        # Sent again, so that there is something to read.
        session._assigned.set()
        sent = await session.next_assignments()
        return [assignment.id.removeprefix("street-") for assignment in sent.workers]


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


def assigned(session: NodeSession) -> tuple[WorkerAssignment, ...]:
    assert session._assignments
    return session._assignments.workers


def needing(replicas: int, **resources: float) -> WorkerGroup:
    return WorkerGroup("street", 1, replicas, resources=Resources(**resources))  # type: ignore[arg-type]


async def test_nodes_take_as_many_workers_as_they_have_cpus_for(mesh: Nodes) -> None:
    mesh.comes("east")
    mesh.comes("west")
    found = await mesh.applied(needing(5, cpus=1.5))
    assert sorted(map(len, found.values())) == [2, 2]
    unplaced = (await mesh.driver.observe()).unplaced
    assert unplaced == {
        "street": "1 worker has no place: each needs 1.5 CPUs;"
        " east has 1 CPUs free, west has 1 CPUs free"
    }


async def test_what_is_reserved_for_one_pipeline_is_not_there_for_another(mesh: Nodes) -> None:
    mesh.comes("east")
    await mesh.applied(needing(1, memory_bytes=3 * 2**28))
    yard = WorkerGroup("yard", 1, 1, resources=Resources(memory_bytes=2**29))
    await mesh.applied(needing(1, memory_bytes=3 * 2**28), yard)
    assert (await mesh.driver.observe()).unplaced == {
        "yard": "1 worker has no place: each needs 512 MiB of memory;"
        " east has 256 MiB of memory free"
    }
    assert await mesh.applied(yard) == {"east": ["yard-r1-0"]}


async def test_each_worker_has_gpus_of_its_own_until_it_is_gone(mesh: Nodes) -> None:
    mesh.gpus = 2
    mesh.comes("east")
    await mesh.applied(needing(2, gpus=1))
    session = mesh._connected["east"][1]
    first, second = assigned(session)
    assert first.gpus == ("GPU-east-0",)
    assert second.gpus == ("GPU-east-1",)
    # Another revision waits for the first one's GPU while that one stops.
    mesh.reports("east", r1_0=STOPPING, r1_1=READY)
    new = WorkerGroup("street", 2, 1, resources=Resources(gpus=1))
    assert await mesh.applied(needing(1, gpus=1), new) == {"east": ["r1-1"]}
    assert "has 0 GPUs free" in (await mesh.driver.observe()).unplaced["street"]
    mesh.reports("east", r1_1=READY)
    assert await mesh.applied(needing(1, gpus=1), new) == {"east": ["r1-1", "r2-0"]}
    assert {each.id: each.gpus for each in assigned(session)} == {
        "street-r1-1": ("GPU-east-1",),
        "street-r2-0": ("GPU-east-0",),
    }


async def test_a_drained_node_keeps_a_worker_until_its_successor_is_ready(mesh: Nodes) -> None:
    mesh.comes("east")
    await mesh.assigned((1, 2))
    mesh.comes("west")
    mesh.reports("east", r1_0=READY, r1_1=READY)
    mesh.cordoned = {"east"}
    both = {"east": ["r1-0", "r1-1"], "west": ["r1-2", "r1-3"]}
    assert await mesh.assigned((1, 2)) == both
    mesh.reports("west", r1_2=STARTING, r1_3=STARTING)
    assert await mesh.assigned((1, 2)) == both
    mesh.reports("west", r1_2=READY, r1_3=STARTING)
    assert await mesh.assigned((1, 2)) == {"east": ["r1-0"], "west": ["r1-2", "r1-3"]}
    mesh.reports("west", r1_2=READY, r1_3=READY)
    assert await mesh.assigned((1, 2)) == {"east": [], "west": ["r1-2", "r1-3"]}


async def test_a_drained_node_keeps_workers_that_no_other_node_takes(mesh: Nodes) -> None:
    mesh.comes("east")
    await mesh.assigned((1, 2))
    mesh.reports("east", r1_0=READY, r1_1=READY)
    mesh.cordoned = {"east"}
    assert await mesh.assigned((1, 2)) == {"east": ["r1-0", "r1-1"]}
    assert (await mesh.driver.observe()).unplaced["street"].endswith("; east is drained")
    mesh.cordoned = set()
    assert await mesh.assigned((1, 2)) == {"east": ["r1-0", "r1-1"]}


async def test_a_node_that_no_longer_reports_is_away_until_it_does(mesh: Nodes) -> None:
    mesh.comes("east")
    mesh.comes("west")
    await mesh.assigned((1, 2))
    mesh.clock.seconds += NODE_TTL_SECONDS
    mesh.reports("west")
    mesh.clock.seconds += 1
    assert [report.name for report in mesh.registry.reports] == ["west"]
    assert [report.name for report in mesh.registry.away] == ["east"]
    found = await mesh.assigned((1, 2))
    assert found["west"] == ["r1-0", "r1-1"]
    mesh.registry.changed.clear()
    mesh.reports("east")
    assert mesh.registry.changed.is_set()
    assert not mesh.registry.away


def test_the_name_of_a_node_belongs_to_one_agent_while_it_reports(mesh: Nodes) -> None:
    mesh.comes("east")
    mesh.agent = "another"
    with pytest.raises(NodeNameTaken, match="another agent reports as node 'east'"):
        mesh.comes("east")
    mesh.clock.seconds += NODE_TTL_SECONDS + 1
    mesh.comes("east")
    assert [report.name for report in mesh.registry.reports] == ["east"]


async def test_a_plan_changes_nothing(mesh: Nodes) -> None:
    mesh.comes("east")
    before = await mesh.assigned((1, 1))
    plan = await mesh.driver.plan([needing(3, cpus=3)], ())
    assert plan.workers == {"street": {"east": 2}}
    assert plan.unplaced["street"].startswith("1 worker has no place: each needs 3 CPUs")
    assert await mesh.assigned((1, 1)) == before
    assert not (await mesh.driver.observe()).unplaced


def preferring(replicas: int, **nodes: int) -> WorkerGroup:
    return WorkerGroup("street", 1, replicas, preferred=tuple(nodes.items()))


async def test_workers_go_to_preferred_nodes_as_many_as_it_says(mesh: Nodes) -> None:
    mesh.comes("east")
    mesh.comes("west")
    found = await mesh.applied(preferring(3, west=2, east=1))
    assert {name: len(mine) for name, mine in found.items()} == {"east": 1, "west": 2}


async def test_the_worker_on_a_node_with_too_many_is_stopped_first(mesh: Nodes) -> None:
    mesh.comes("east")
    mesh.comes("west")
    before = await mesh.applied(preferring(3, east=1, west=2))
    for node, mine in before.items():
        mesh.reports(node, **{each.replace("-", "_"): READY for each in mine})
    after = await mesh.applied(preferring(1, east=1))
    assert after == {"east": before["east"], "west": []}


async def test_workers_go_when_their_successors_are_ready_which_start_one_by_one(
    mesh: Nodes,
) -> None:
    mesh.comes("east")
    await mesh.assigned((1, 2))
    mesh.comes("west")
    mesh.reports("east", r1_0=READY, r1_1=READY)
    wanted = preferring(2, west=2)
    one_more = {"east": ["r1-0", "r1-1"], "west": ["r1-2"]}
    assert await mesh.applied(wanted) == one_more
    mesh.reports("west", r1_2=STARTING)
    assert await mesh.applied(wanted) == one_more
    mesh.reports("west", r1_2=READY)
    assert await mesh.applied(wanted) == {"east": ["r1-0", "r1-1"], "west": ["r1-2", "r1-3"]}
    mesh.reports("west", r1_2=READY, r1_3=READY)
    for _ in range(2):
        assert await mesh.applied(wanted) == {"east": [], "west": ["r1-2", "r1-3"]}


async def test_many_slow_workers_stay_until_the_fast_one_in_their_place_is_ready(
    mesh: Nodes,
) -> None:
    mesh.comes("east")
    await mesh.assigned((1, 3))
    mesh.comes("west")
    mesh.reports("east", r1_0=READY, r1_1=READY, r1_2=READY)
    wanted = preferring(1, west=1)
    all_of_them = {"east": ["r1-0", "r1-1", "r1-2"], "west": ["r1-3"]}
    assert await mesh.applied(wanted) == all_of_them
    mesh.reports("west", r1_3=STARTING)
    assert await mesh.applied(wanted) == all_of_them
    mesh.reports("west", r1_3=READY)
    assert await mesh.applied(wanted) == {"east": [], "west": ["r1-3"]}


async def test_a_worker_stays_where_no_preferred_node_has_room(mesh: Nodes) -> None:
    mesh.comes("east")
    mesh.comes("west")
    yard = WorkerGroup("yard", 1, 1, resources=Resources(cpus=4), preferred=(("west", 1),))
    await mesh.applied(yard)
    mine = WorkerGroup("street", 1, 1, resources=Resources(cpus=1))
    assert (await mesh.applied(yard, mine))["east"] == ["r1-0"]
    mesh.reports("east", r1_0=READY)
    wanted = WorkerGroup("street", 1, 1, resources=Resources(cpus=1), preferred=(("west", 1),))
    assert (await mesh.applied(yard, wanted))["east"] == ["r1-0"]
    assert not (await mesh.driver.observe()).unplaced
