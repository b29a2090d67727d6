"""From pipelines to workers, with a fleet in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from framemesh.core.errors import FramemeshError
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.rollout_spec import RolloutSpec
from framemesh.core.pipeline.shadow_spec import ShadowSpec
from framemesh.core.pipeline.spec import PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet import reconciler
from framemesh.master.fleet.memory_driver import MemoryDriver
from framemesh.master.fleet.port import FleetState, Replica, WorkerGroup, WorkerState
from framemesh.master.fleet.reconciler import Reconciler
from framemesh.master.fleet.status import ready_workers, trouble
from framemesh.master.fleet.wanted import as_observed
from framemesh.master.history.events import NoEvents
from framemesh.master.history.fleet_history import FleetHistory
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.pipeline_feed import Pipelines
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from tests.contract.fleets import MemoryCordons


class Mesh:
    """Pipelines that a test changes, and the fleet that follows them."""

    def __init__(self) -> None:
        self.driver = MemoryDriver("east")
        self.unreadable: set[str] = set()
        self.cordons = MemoryCordons()
        self.certain = True
        """Whether this master leads for certain."""
        self.epoch = 1
        self.changed = asyncio.Event()
        """Whether a worker or a node did, which no test of these needs."""
        self._stored: dict[str, StoredPipeline] = {}
        self._news = asyncio.Event()
        self._revision = 0

    def put(self, name: str, workers: int, *, shadow: int = 0) -> int:
        """Apply a pipeline, with a shadow of that number; returns its revision."""
        self._revision += 1
        spec = PipelineSpec(
            name,
            (StageSpec("people", "person", 1),),
            workers=WorkersSpec(min=workers),
            rollout=RolloutSpec(shadow=ShadowSpec({"people": 2}) if shadow else None),
        )
        generation = Generation.of(1, spec)
        self._stored[name] = StoredPipeline(
            spec, generation, revision=self._revision, shadow=shadow
        )
        self._news.set()
        return self._revision

    def delete(self, name: str) -> None:
        del self._stored[name]
        self._news.set()

    async def known(self) -> Pipelines:
        return {
            name: stored for name, stored in self._stored.items() if name not in self.unreadable
        }

    async def changes(self) -> AsyncIterator[Pipelines]:
        while True:
            yield await self.known()
            await self._news.wait()
            self._news.clear()

    def replicas(self, spec: PipelineSpec) -> int:
        return spec.workers.min

    def preferred(self, spec: PipelineSpec) -> Mapping[str, int]:
        return {}

    def observed(self, state: FleetState) -> None:
        """Nothing is scaled by load."""

    async def until(self, expected: Callable[[FleetState], bool]) -> FleetState:
        async with asyncio.timeout(5):
            while not expected(state := await self.driver.observe()):
                await asyncio.sleep(0.001)
        return state


def revisions(state: FleetState) -> list[tuple[str, int]]:
    return sorted((replica.pipeline, replica.revision) for replica in state.replicas)


@pytest.fixture
async def mesh(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Mesh]:
    monkeypatch.setattr(reconciler, "PERIOD_SECONDS", 0.005)
    monkeypatch.setattr(reconciler, "MIN_PERIOD_SECONDS", 0.001)
    mesh = Mesh()
    async with background_task(
        Reconciler(
            pipelines=mesh,
            driver=mesh.driver,
            cordons=mesh.cordons,
            scaler=mesh,
            changed=mesh.changed,
            leadership=mesh,
            watcher=FleetHistory(NoEvents()),
        ).run()
    ):
        yield mesh


async def test_a_shadow_runs_beside_and_counts_for_nothing(mesh: Mesh) -> None:
    mesh.driver.broken = {99}
    revision = mesh.put("street", 1, shadow=99)
    state = await mesh.until(lambda state: len(state.replicas) == 2)
    (shadow,) = state.of("street", WorkerRole.SHADOW)
    assert (shadow.revision, shadow.state) == (99, WorkerState.FAILED)
    assert ready_workers(state, "street") == 1
    assert trouble(WorkerGroup("street", revision, 1), state) == ""
    mesh.unreadable.add("street")
    mesh.put("yard", 1)
    await mesh.until(lambda state: len(state.replicas) == 3)
    mesh.unreadable.clear()
    mesh.put("street", 1)
    await mesh.until(lambda state: not state.of("street", WorkerRole.SHADOW))


async def test_workers_follow_the_pipelines(mesh: Mesh) -> None:
    first, second = mesh.put("street", 2), mesh.put("yard", 1)
    await mesh.until(
        lambda state: revisions(state) == [("street", first), ("street", first), ("yard", second)]
    )
    mesh.delete("street")
    await mesh.until(lambda state: revisions(state) == [("yard", second)])


async def test_a_new_revision_replaces_the_old_one_and_some_worker_is_always_ready(
    mesh: Mesh,
) -> None:
    old = mesh.put("street", 3)
    await mesh.until(lambda state: revisions(state) == [("street", old)] * 3)
    new = mesh.put("street", 3)

    def replaced(state: FleetState) -> bool:
        assert ready_workers(state, "street") >= 2
        assert len(state.replicas) <= 4
        return revisions(state) == [("street", new)] * 3

    await mesh.until(replaced)


async def test_a_revision_that_fails_leaves_the_old_one_and_says_why(mesh: Mesh) -> None:
    old = mesh.put("street", 1)
    await mesh.until(lambda state: revisions(state) == [("street", old)])
    mesh.driver.broken = {old + 1}
    new = mesh.put("street", 1)
    state = await mesh.until(lambda state: len(state.replicas) == 2)
    wanted = WorkerGroup("street", new, 1)
    assert trouble(wanted, state) == (
        f"revision {new} is not ready, revision {old} goes on: street-worker-{new}-0: it is broken"
    )
    for _ in range(20):
        assert ready_workers(await mesh.driver.observe(), "street") == 1
        mesh.changed.set()
        await asyncio.sleep(0.002)
    mesh.driver.broken = set()
    state = await mesh.until(lambda state: revisions(state) == [("street", new)])
    assert not trouble(wanted, state)


async def test_a_pipeline_that_cannot_be_read_keeps_its_workers_and_stops_no_other(
    mesh: Mesh,
) -> None:
    street = mesh.put("street", 2)
    await mesh.until(lambda state: len(state.replicas) == 2)
    mesh.unreadable.add("street")
    yard = mesh.put("yard", 1)
    state = await mesh.until(lambda state: len(state.replicas) == 3)
    assert revisions(state) == [("street", street), ("street", street), ("yard", yard)]
    mesh.unreadable.clear()
    mesh.delete("street")
    await mesh.until(lambda state: revisions(state) == [("yard", yard)])


async def test_a_round_that_fails_is_followed_by_another(
    mesh: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()

    async def fails() -> FleetState:
        failed.set()
        raise FramemeshError("the driver does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(mesh.driver, "observe", fails)
        street = mesh.put("street", 1)
        async with asyncio.timeout(5):
            await failed.wait()
    await mesh.until(lambda state: revisions(state) == [("street", street)])


async def test_without_nodes_the_trouble_is_that(mesh: Mesh) -> None:
    mesh.driver.nodes.clear()
    revision = mesh.put("street", 1)
    state = await mesh.driver.observe()
    assert trouble(WorkerGroup("street", revision, 1), state) == "there are no nodes"


def test_a_pipeline_that_cannot_be_read_keeps_its_workers_but_not_those_that_stop() -> None:
    states = (WorkerState.READY, WorkerState.STOPPING, WorkerState.STARTING)
    replicas = tuple(
        Replica(f"street-r1-{number}", "street", 1, "east", state)
        for number, state in enumerate(states)
    )
    assert list(as_observed("street", FleetState(replicas))) == [
        WorkerGroup("street", 1, 2, stays=True)
    ]
