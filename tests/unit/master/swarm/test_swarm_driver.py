"""What Docker Swarm does that a driver has to know, beside what every fleet promises."""

from dataclasses import replace
from typing import Any

import pytest

from framemesh.core.errors import FramemeshError
from framemesh.core.resources import Resources
from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet.port import FleetState, WorkerGroup, WorkerState
from framemesh.master.fleet.swarm.driver import SwarmDriver
from framemesh.master.fleet.swarm.errors import SwarmUnavailable
from framemesh.master.fleet.swarm.worker_template import WorkerTemplate
from framemesh.master.packaging.errors import ImageNotReady, RegistryUnavailable
from tests.memory_swarm import MemorySwarm

IMAGE = "registry:5000/framemesh/worker@sha256:" + 64 * "0"
STREET = WorkerGroup("street", 1, 2)


class Images:
    """The image of all workers, or why there is none."""

    def __init__(self) -> None:
        self.reference = IMAGE
        self.error: FramemeshError | None = None

    async def image(
        self, pipeline: str, revision: int, role: WorkerRole = WorkerRole.WORKER
    ) -> str:
        if self.error is not None:
            raise self.error
        return self.reference


class World:
    """A driver, and its swarm with the nodes `east` and `west`."""

    def __init__(self, *secrets: str) -> None:
        self.swarm = MemorySwarm()
        self.images = Images()
        self.template = WorkerTemplate("framemesh", secrets=secrets)
        self.driver = SwarmDriver(self.swarm, self.images, self.template)
        self.swarm.add_node("east")
        self.swarm.add_node("west")

    async def rounds(
        self, *groups: WorkerGroup, epoch: int = 0, count: int = 8, cordoned: str = ""
    ) -> FleetState:
        """What is observed after so many rounds of a reconciler."""
        for _ in range(count):
            await self.driver.apply(groups, {cordoned} if cordoned else (), epoch)
            await self.driver.observe()
        return await self.driver.observe()


async def only_container(world: World) -> Any:
    """What the service of the only group says of its containers."""
    (service,) = await world.swarm.services("framemesh.pipeline")
    return service["Spec"]["TaskTemplate"]["ContainerSpec"]


async def test_a_worker_has_the_id_of_its_slot_and_its_settings_from_the_environment() -> None:
    world = World()
    state = await world.rounds(STREET)
    assert {each.id for each in state.replicas} == {"street-r1-1", "street-r1-2"}
    (service,) = await world.swarm.services("framemesh.pipeline")
    container = service["Spec"]["TaskTemplate"]["ContainerSpec"]
    assert "FRAMEMESH_WORKER_ID=street-r1-{{.Task.Slot}}" in container["Env"]
    assert "FRAMEMESH_WORKER_REVISION=1" in container["Env"]
    assert "FRAMEMESH_WORKER_ROLE=worker" in container["Env"]
    assert container["Image"] == IMAGE
    assert service["Spec"]["EndpointSpec"] == {"Mode": "dnsrr"}


async def test_what_a_pipeline_asks_for_is_reserved_and_is_the_limit() -> None:
    world = World()
    asks = replace(STREET, resources=Resources(1.5, 2 * 1024**3, 1))
    await world.rounds(asks, count=1)
    (service,) = await world.swarm.services("framemesh.pipeline")
    resources = service["Spec"]["TaskTemplate"]["Resources"]
    assert resources["Limits"] == {"NanoCPUs": 1_500_000_000, "MemoryBytes": 2 * 1024**3}
    gpu = {"DiscreteResourceSpec": {"Kind": "gpu", "Value": 1}}
    assert resources["Reservations"] == {**resources["Limits"], "GenericResources": [gpu]}


async def test_tasks_of_a_node_that_is_down_are_not_workers_whatever_they_read() -> None:
    world = World()
    await world.rounds(STREET)
    world.swarm.lose_node("east")
    state = await world.driver.observe()
    ready = [each for each in state.replicas if each.ready]
    assert {each.node for each in ready} == {"west"}
    # The lost one counts as one that starts, so that nobody takes its service for empty.
    assert len(state.replicas) == 2


async def test_nodes_of_which_nothing_is_heard_after_an_election_keep_their_workers() -> None:
    world = World()
    await world.rounds(STREET)
    world.swarm.set_node("east", "unknown")
    world.swarm.set_node("west", "unknown")
    state = await world.driver.observe()
    assert sum(each.ready for each in state.replicas) == 2


async def test_zombies_of_a_healed_node_stop_and_are_counted_until_they_have() -> None:
    world = World()
    await world.rounds(STREET)
    world.swarm.lose_node("east")
    moved = await world.rounds(STREET)
    assert {each.node for each in moved.replicas} == {"west"}
    zombies = await world.swarm.tasks()
    assert any(each["NodeID"] == "id-east" for each in zombies)
    world.swarm.set_node("east")
    documents = await world.swarm.nodes()
    assert all(each["Status"]["State"] == "ready" for each in documents)
    state = await world.rounds(STREET)
    assert len(state.replicas) == 2
    assert {each.node for each in state.replicas} == {"west"}


async def test_nothing_is_answered_during_an_election_and_all_goes_on_after_it() -> None:
    world = World()
    before = await world.rounds(STREET)
    world.swarm.electing = True
    with pytest.raises(SwarmUnavailable, match="leader"):
        await world.driver.observe()
    with pytest.raises(SwarmUnavailable, match="leader"):
        await world.driver.apply([])
    world.swarm.electing = False
    assert await world.rounds(STREET) == before


async def test_a_leader_claims_every_service_and_an_earlier_one_changes_nothing_more() -> None:
    world = World()
    await world.rounds(STREET, epoch=4)
    await world.rounds(STREET, epoch=5)
    changes = len(world.swarm.calls)
    await world.driver.apply([], (), 4)
    await world.driver.apply([replace(STREET, replicas=7)], (), 4)
    assert len(world.swarm.calls) == changes


async def test_a_leader_that_was_suspended_in_the_middle_loses_against_the_version() -> None:
    world = World()
    await world.rounds(STREET, epoch=4)
    seen = await world.swarm.services("framemesh.pipeline")
    await world.rounds(replace(STREET, replicas=3), epoch=5)
    with world.swarm.seen_before(seen):
        await world.driver.apply([], (), 4)
    assert sum(each.ready for each in (await world.driver.observe()).replicas) == 3


async def test_another_master_goes_on_where_the_last_one_was() -> None:
    world = World()
    before = await world.rounds(STREET, epoch=1)
    world.driver = SwarmDriver(world.swarm, world.images, world.template)
    assert await world.rounds(STREET, epoch=2) == before


async def test_a_pull_says_where_and_an_image_that_is_not_there_says_so() -> None:
    world = World()
    world.swarm.stuck = "preparing"
    state = await world.rounds(replace(STREET, replicas=1))
    assert state.replicas[0].progress == "pulls its image since 05:12:04 UTC"
    assert (state.replicas[0].state, state.replicas[0].node) == (WorkerState.STARTING, "east")


async def test_a_secret_that_is_not_there_holds_up_no_other_pipeline() -> None:
    world = World("token")
    state = await world.rounds(STREET)
    assert state.unplaced["street"].startswith("the swarm has no secret 'token': make it")
    world.swarm.secrets = {"token": "id-of-token"}
    assert not (await world.rounds(STREET)).unplaced


async def test_workers_of_a_pipeline_that_nobody_can_read_stay_on_a_cordoned_node() -> None:
    world = World()
    await world.rounds(STREET)
    stays = replace(STREET, stays=True)
    state = await world.rounds(stays, cordoned="east")
    assert {each.node for each in state.replicas} == {"east", "west"}


async def test_names_that_differ_in_capital_letters_or_are_long_are_different_services() -> None:
    world = World()
    groups = [WorkerGroup(name, 1, 1) for name in ("street", "Street", 64 * "a", 63 * "a" + "b")]
    state = await world.rounds(*groups)
    assert len(state.replicas) == 4
    names = [each["Spec"]["Name"] for each in await world.swarm.services("framemesh.pipeline")]
    assert len({name.lower() for name in names}) == 4
    assert max(map(len, names)) <= 63


async def test_a_service_waits_for_its_image_and_the_pipeline_says_how_far_that_is() -> None:
    world = World()
    world.images.error = ImageNotReady("pushes a model: 8 of 13 MB")
    state = await world.rounds(STREET)
    assert state.building == {"street": "pushes a model: 8 of 13 MB"}
    assert not world.swarm.calls
    world.images.error = None
    state = await world.rounds(STREET)
    assert not state.building
    assert sum(each.ready for each in state.replicas) == 2


async def test_workers_that_run_go_on_while_the_registry_is_away() -> None:
    world = World()
    before = await world.rounds(STREET)
    world.images.error = RegistryUnavailable("the registry does not answer")
    assert await world.rounds(STREET) == before
    state = await world.rounds(STREET, WorkerGroup("yard", 1, 1))
    assert state.unplaced == {"yard": "the registry does not answer"}


async def test_another_image_of_the_workers_replaces_them_one_after_the_other() -> None:
    world = World()
    await world.rounds(STREET)
    world.images.reference = IMAGE.replace("0", "1")
    await world.rounds(STREET, count=1)
    fewest = 2
    for _ in range(12):
        state = await world.rounds(STREET, count=1)
        fewest = min(fewest, sum(each.ready for each in state.replicas))
    running = [
        each["Spec"]["ContainerSpec"]["Image"]
        for each in await world.swarm.tasks()
        if each["Status"]["State"] == "running"
    ]
    assert running == [world.images.reference] * 2
    assert fewest == 2


async def test_workers_of_another_image_have_the_variables_and_files_of_today() -> None:
    """Those of a newer version may not start without them; others are not started again for it."""
    world = World()
    await world.rounds(STREET)
    before = (await only_container(world))["Env"]
    world.swarm.secrets = {"ca.crt": "id-of-ca"}
    template = WorkerTemplate("framemesh", {"FRAMEMESH_TLS_CA": "/run/secrets/ca.crt"}, ("ca.crt",))
    world.driver = SwarmDriver(world.swarm, world.images, template)
    await world.rounds(replace(STREET, replicas=3))
    assert (await only_container(world))["Env"] == before
    world.images.reference = IMAGE.replace("0", "1")
    await world.rounds(STREET)
    container = await only_container(world)
    assert "FRAMEMESH_TLS_CA=/run/secrets/ca.crt" in container["Env"]
    assert [each["SecretName"] for each in container["Secrets"]] == ["ca.crt"]


async def test_a_worker_that_ends_again_and_again_counts_its_starts_and_names_its_log() -> None:
    world = World()
    world.swarm.broken = {"1"}
    state = await world.rounds(replace(STREET, replicas=1), count=30)
    (worker,) = state.replicas
    assert worker.state is WorkerState.FAILED
    assert worker.restarts >= 3
    logs = "docker service logs framemesh-worker-street-r1"
    assert worker.problem == f"it ended with status 1: `{logs}` has its last words"


async def test_a_worker_that_is_killed_for_its_memory_or_its_health_says_so() -> None:
    for error, said in (
        ("task: non-zero exit (137)", "more memory than its pipeline asks for"),
        ("task: non-zero exit (137): dockerexec: unhealthy container", "health checks"),
    ):
        world = World()
        world.swarm.broken, world.swarm.last_words = {"1"}, error
        state = await world.rounds(replace(STREET, replicas=1), count=12)
        assert said in next(each.problem for each in state.replicas)


async def test_a_group_keeps_to_the_nodes_that_it_prefers_while_one_is_there() -> None:
    world = World()
    west = replace(STREET, preferred=(("west", 2),))
    state = await world.rounds(west)
    assert {each.node for each in state.replicas} == {"west"}
    (service,) = await world.swarm.services("framemesh.pipeline")
    placement = service["Spec"]["TaskTemplate"]["Placement"]
    assert placement["Constraints"] == ["node.hostname!=east"]
    state = await world.rounds(west, cordoned="west", count=12)
    assert {each.node for each in state.replicas} == {"east"}
    await world.rounds(STREET)
    (service,) = await world.swarm.services("framemesh.pipeline")
    assert service["Spec"]["TaskTemplate"]["Placement"]["Constraints"] == []
