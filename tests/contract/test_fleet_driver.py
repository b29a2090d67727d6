"""What framemesh.master.fleet.port promises, of every driver."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from framemesh.core.resources import Resources
from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet.port import FleetState, WorkerGroup, WorkerState
from tests.contract.fleets import (
    BROKEN,
    Fleet,
    converge,
    memory_fleet,
    memory_swarm_fleet,
    process_fleet,
    swarm_fleet,
)
from tests.contract.real_swarm import RealSwarm

FleetMaker = Callable[[Path], AbstractAsyncContextManager[Fleet]]


@pytest.fixture(
    params=[
        pytest.param(memory_fleet, id="memory"),
        pytest.param(process_fleet, id="process"),
        pytest.param(memory_swarm_fleet, id="swarm in memory"),
        pytest.param(swarm_fleet, id="swarm", marks=[pytest.mark.swarm, pytest.mark.timeout(180)]),
    ]
)
def fleet_maker(request: pytest.FixtureRequest) -> FleetMaker:
    if request.param is not swarm_fleet:
        maker: FleetMaker = request.param
        return maker
    # Here, where no event loop runs: it takes some seconds to start, once.
    swarm: RealSwarm = request.getfixturevalue("real_swarm")
    return lambda _: swarm_fleet(swarm)


@pytest.fixture
async def fleet(fleet_maker: FleetMaker, tmp_path: Path) -> AsyncIterator[Fleet]:
    async with fleet_maker(tmp_path) as made:
        yield made


def group(pipeline: str, replicas: int, revision: int = 1) -> WorkerGroup:
    return WorkerGroup(pipeline, revision, replicas)


def shadow(pipeline: str, replicas: int, number: int = 1) -> WorkerGroup:
    return WorkerGroup(pipeline, number, replicas, WorkerRole.SHADOW)


def has(*groups: WorkerGroup) -> Callable[[FleetState], bool]:
    """Whether there are exactly these workers, all of them ready."""
    wanted = Counter({(each.pipeline, each.revision, each.role): each.replicas for each in groups})

    def check(state: FleetState) -> bool:
        found = Counter((each.pipeline, each.revision, each.role) for each in state.replicas)
        return found == wanted and all(each.ready for each in state.replicas)

    return check


def ids(state: FleetState, pipeline: str = "street") -> set[str]:
    return {replica.id for replica in state.of(pipeline)}


async def test_groups_become_ready_with_ids_of_their_own(fleet: Fleet) -> None:
    await fleet.add_node("east")
    groups = [group("street", 2), group("yard", 1)]
    state = await converge(fleet, groups, has(*groups))
    assert len({replica.id for replica in state.replicas}) == 3
    assert {replica.node for replica in state.replicas} == {"east"}
    assert not state.problem


async def test_applying_the_same_again_changes_nothing(fleet: Fleet) -> None:
    await fleet.add_node("east")
    groups = [group("street", 2)]
    before = await converge(fleet, groups, has(*groups))
    for _ in range(5):
        await fleet.driver.apply(groups)
    assert await fleet.driver.observe() == before


async def test_what_is_not_applied_any_more_is_stopped(fleet: Fleet) -> None:
    await fleet.add_node("east")
    both = [group("street", 1), group("yard", 1)]
    before = await converge(fleet, both, has(*both))
    after = await converge(fleet, both[:1], has(*both[:1]))
    assert ids(after) == ids(before)
    await converge(fleet, [], has())


async def test_a_group_grows_and_shrinks_and_the_rest_of_it_goes_on(fleet: Fleet) -> None:
    await fleet.add_node("east")
    one, three = [group("street", 1)], [group("street", 3)]
    first = await converge(fleet, one, has(*one))
    grown = await converge(fleet, three, has(*three))
    assert ids(first) < ids(grown)
    shrunk = await converge(fleet, one, has(*one))
    assert ids(shrunk) < ids(grown)


async def test_workers_of_two_revisions_run_side_by_side(fleet: Fleet) -> None:
    await fleet.add_node("east")
    old, new = group("street", 1), group("street", 1, revision=2)
    before = await converge(fleet, [old], has(old))
    both = await converge(fleet, [old, new], has(old, new))
    assert ids(before) < ids(both)
    after = await converge(fleet, [new], has(new))
    assert ids(after) == ids(both) - ids(before)


async def test_a_worker_that_fails_is_not_ready_and_says_why(fleet: Fleet) -> None:
    await fleet.add_node("east")
    good, bad = group("street", 1), group("street", 1, revision=BROKEN)

    def failed(state: FleetState) -> bool:
        return any(replica.state is WorkerState.FAILED for replica in state.of("street"))

    state = await converge(fleet, [good, bad], failed)
    (replica,) = (each for each in state.replicas if each.revision == BROKEN)
    assert replica.problem
    assert not replica.ready
    await converge(fleet, [good], has(good))


async def test_without_a_node_it_says_so_and_starts_when_one_comes(fleet: Fleet) -> None:
    groups = [group("street", 1)]
    await fleet.driver.apply(groups)
    state = await fleet.driver.observe()
    assert not state.replicas
    assert state.problem
    await fleet.add_node("east")
    assert not (await converge(fleet, groups, has(*groups))).problem


async def test_workers_are_spread_and_those_of_a_node_that_leaves_are_moved(fleet: Fleet) -> None:
    await fleet.add_node("east")
    groups = [group("street", 2)]
    await converge(fleet, groups, has(*groups))
    await fleet.add_node("west")
    more = [group("street", 4)]
    state = await converge(fleet, more, has(*more))
    assert {replica.node for replica in state.replicas} == {"east", "west"}
    assert state.nodes == {"east", "west"}
    await fleet.remove_node("east")
    moved = await converge(fleet, more, has(*more))
    assert {replica.node for replica in moved.replicas} == {"west"}
    assert moved.nodes == {"west"}


async def test_workers_go_where_the_labels_and_the_cpus_are(fleet: Fleet) -> None:
    await fleet.add_node("east", cpus=2, zone="hall")
    await fleet.add_node("west", zone="yard")
    one_cpu = replace(
        group("street", 3), resources=Resources(cpus=1), node_labels=(("zone", "hall"),)
    )
    two = replace(one_cpu, replicas=2)
    state = await converge(fleet, [one_cpu], has(two))
    assert {replica.node for replica in state.replicas} == {"east"}
    assert "1 worker has no place" in state.unplaced["street"]
    assert "west has no label zone=hall" in state.unplaced["street"]
    assert not (await converge(fleet, [two], has(two))).unplaced


async def test_a_group_without_a_place_holds_up_no_other(fleet: Fleet) -> None:
    await fleet.add_node("east")
    nowhere = replace(group("street", 1), node_labels=(("zone", "moon"),))
    other = group("yard", 1)
    state = await converge(fleet, [nowhere, other], has(other))
    assert "zone=moon" in state.unplaced["street"]
    await fleet.add_node("west", zone="moon")
    await converge(fleet, [nowhere, other], has(nowhere, other))


async def test_the_workers_of_a_drained_node_are_moved_and_never_fewer(fleet: Fleet) -> None:
    await fleet.add_node("east")
    groups = [group("street", 2)]
    await converge(fleet, groups, has(*groups))
    await fleet.add_node("west")
    fewest = 2

    def moved(state: FleetState) -> bool:
        nonlocal fewest
        fewest = min(fewest, sum(replica.ready for replica in state.replicas))
        return has(*groups)(state) and {each.node for each in state.replicas} == {"west"}

    await converge(fleet, groups, moved, cordoned={"east"})
    assert fewest == 2
    # Nothing goes back by itself.
    await converge(fleet, groups, moved)


async def test_a_shadow_runs_beside_the_workers_under_names_of_its_own(fleet: Fleet) -> None:
    await fleet.add_node("east")
    workers, beside = group("street", 2), shadow("street", 1)
    both = await converge(fleet, [workers, beside], has(workers, beside))
    assert len({each.id for each in both.replicas}) == 3
    assert {each.role for each in both.of("street")} == {WorkerRole.WORKER}
    other = shadow("street", 2, number=2)
    after = await converge(fleet, [workers, other], has(workers, other))
    assert {each.id for each in after.of("street")} == {each.id for each in both.of("street")}
    await converge(fleet, [workers], has(workers))


async def test_a_shadow_that_fails_is_no_fault_of_the_workers(fleet: Fleet) -> None:
    await fleet.add_node("east")
    workers, broken = group("street", 1), shadow("street", 1, number=BROKEN)
    state = await converge(
        fleet,
        [workers, broken],
        lambda state: any(each.problem for each in state.of("street", WorkerRole.SHADOW)),
    )
    assert [each.problem for each in state.of("street")] == [""]
    assert not state.unplaced


async def test_a_shadow_has_only_what_the_workers_leave(fleet: Fleet) -> None:
    await fleet.add_node("east", cpus=2)
    one = replace(group("street", 1), resources=Resources(cpus=1))
    beside = replace(shadow("street", 1), resources=Resources(cpus=1))
    await converge(fleet, [one, beside], has(one, beside))
    two = replace(one, replicas=2)

    def told(state: FleetState) -> bool:
        return has(two)(state) and "no place" in state.shadows.get("street", "")

    assert not (await converge(fleet, [two, beside], told)).unplaced
    three = replace(one, replicas=3)

    def waits(state: FleetState) -> bool:
        said = {"street": "waits until every other worker has a place"}
        return has(two)(state) and bool(state.unplaced) and state.shadows == said

    await converge(fleet, [three, beside], waits)
    await converge(fleet, [one, beside], has(one, beside))


async def test_a_plan_says_where_workers_would_go_and_starts_none(fleet: Fleet) -> None:
    await fleet.add_node("east", cpus=2)
    wanted = replace(group("street", 3), resources=Resources(cpus=1))
    plan = await fleet.driver.plan([wanted], ())
    assert plan.workers == {"street": {"east": 2}}
    assert plan.unplaced["street"].startswith("1 worker has no place")
    assert not (await fleet.driver.observe()).replicas


async def test_a_plan_has_the_workers_of_a_shadow_apart(fleet: Fleet) -> None:
    await fleet.add_node("east", cpus=3)
    wanted = replace(group("street", 2), resources=Resources(cpus=1))
    beside = replace(shadow("street", 1), resources=Resources(cpus=1))
    plan = await fleet.driver.plan([wanted, beside], ())
    assert (plan.workers, plan.shadow_workers) == (
        {"street": {"east": 2}},
        {"street": {"east": 1}},
    )
    assert not plan.unplaced
    assert not plan.shadows
    plan = await fleet.driver.plan([replace(wanted, replicas=3), beside], ())
    assert plan.workers == {"street": {"east": 3}}
    assert not plan.shadow_workers["street"]
    assert plan.shadows["street"].startswith("1 worker has no place")
    plan = await fleet.driver.plan([replace(wanted, replicas=4), beside], ())
    assert plan.shadows["street"] == "waits until every other worker has a place"


def nodes_of(state: FleetState) -> Counter[str]:
    return Counter(replica.node for replica in state.replicas)


async def test_workers_go_to_the_nodes_that_are_preferred(fleet: Fleet) -> None:
    await fleet.add_node("east")
    await fleet.add_node("west")
    wanted = replace(group("street", 3), preferred=(("west", 3),))
    state = await converge(fleet, [wanted], has(group("street", 3)))
    assert nodes_of(state) == {"west": 3}


async def test_workers_are_moved_to_other_nodes_and_never_fewer(fleet: Fleet) -> None:
    await fleet.add_node("east")
    await fleet.add_node("west")
    before = replace(group("street", 2), preferred=(("east", 2),))
    await converge(fleet, [before], has(group("street", 2)))
    fewest = 2

    def moved(state: FleetState) -> bool:
        nonlocal fewest
        fewest = min(fewest, sum(replica.ready for replica in state.replicas))
        return has(group("street", 2))(state) and nodes_of(state) == {"west": 2}

    after = replace(before, preferred=(("west", 2),))
    state = await converge(fleet, [after], moved)
    assert fewest == 2
    assert await converge(fleet, [after], moved) == state


async def test_where_no_preferred_node_is_there_workers_go_to_others(fleet: Fleet) -> None:
    await fleet.add_node("east")
    wanted = replace(group("street", 1), preferred=(("moon", 1),))
    state = await converge(fleet, [wanted], has(group("street", 1)))
    assert nodes_of(state) == {"east": 1}


async def test_places_are_what_a_node_could_have_of_a_group(fleet: Fleet) -> None:
    await fleet.add_node("east", cpus=2, zone="hall")
    await fleet.add_node("west", zone="yard")
    wanted = replace(group("street", 4), resources=Resources(cpus=1))
    assert (await fleet.driver.places(wanted, ()))["east"] == 2
    await converge(fleet, [replace(wanted, replicas=2)], has(group("street", 2)))
    assert (await fleet.driver.places(wanted, ()))["east"] == 2
    assert "east" not in await fleet.driver.places(wanted, {"east"})
    in_yard = replace(wanted, node_labels=(("zone", "yard"),))
    assert (await fleet.driver.places(in_yard, ())).keys() == {"west"}
