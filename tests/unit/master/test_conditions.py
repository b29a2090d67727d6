"""What holds of a pipeline, in words."""

from dataclasses import replace

from framemesh.core.pipeline.generation import Generation
from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet.port import FleetState, Replica, WorkerGroup, WorkerState
from framemesh.master.pipelines.conditions import Seen, conditions

READY, STARTING, FAILED = WorkerState.READY, WorkerState.STARTING, WorkerState.FAILED


def worker(
    number: int, state: WorkerState, *, revision: int = 2, problem: str = "", progress: str = ""
) -> Replica:
    return Replica(
        f"street-r{revision}-{number}",
        "street",
        revision,
        "east",
        state,
        problem=problem,
        progress=progress,
    )


def told(*replicas: Replica, wanted: int = 1, problem: str = "", unplaced: str = "") -> list[str]:
    state = FleetState(replicas, problem, {"street": unplaced} if unplaced else {})
    return lines(Seen(WorkerGroup("street", 2, wanted), state))


def lines(seen: Seen) -> list[str]:
    return [f"{each.name.value}: {each.message}" for each in conditions(seen)]


def test_a_pipeline_from_its_first_moment_to_the_last_worker() -> None:
    assert told(wanted=2) == ["starting: 2 workers to be placed"]
    pulling = worker(0, STARTING, progress="downloads model person 2: 12 of 40 MB")
    assert told(pulling, wanted=2) == [
        "pulling: street-r2-0 on east downloads model person 2: 12 of 40 MB",
        "starting: 1 worker to be placed",
    ]
    assert told(worker(0, READY), worker(1, STARTING), wanted=2) == [
        "starting: street-r2-1 on east",
        "ready: 1 of 2 workers of revision 2",
    ]
    assert told(worker(0, READY), worker(1, READY), wanted=2) == [
        "ready: 2 of 2 workers of revision 2"
    ]


def test_what_keeps_it_from_running_as_it_was_applied_is_told() -> None:
    assert told(worker(0, FAILED, problem="exited with 1"), worker(1, READY), wanted=3) == [
        "starting: 1 worker to be placed",
        "ready: 1 of 3 workers of revision 2",
        "degraded: street-r2-0 on east: exited with 1",
    ]
    assert told(worker(0, READY), wanted=2, unplaced="1 worker has no place: no GPU") == [
        "ready: 1 of 2 workers of revision 2",
        "degraded: 1 worker has no place: no GPU",
    ]
    assert told(problem="no node is here") == ["degraded: no node is here"]


def test_of_many_workers_some_are_named() -> None:
    (line,) = told(*(worker(number, STARTING) for number in range(9)), wanted=9)
    assert line == (
        "starting: street-r2-0 on east; street-r2-1 on east; street-r2-2 on east; and 6 more"
    )


def test_workers_of_an_earlier_revision_and_of_an_earlier_buffer_are_told() -> None:
    state = FleetState((worker(0, READY, revision=1), worker(0, STARTING, problem="slow")))
    older = Generation(3, 1, 4, camera_affinity=False)
    assert lines(Seen(WorkerGroup("street", 2, 1), state, (older,), provisioning=True)) == [
        "provisioning: the streams of the buffer are made",
        "starting: street-r2-0 on east: slow",
        "rolling_out: 1 worker of revision 1 to be replaced",
        "draining: frames of an earlier buffer (generation 3) are worked off",
    ]


def test_where_no_worker_is_wanted_all_is_well_without_a_node() -> None:
    assert told(wanted=0, problem="no node is here") == ["ready: no worker is wanted"]


def test_what_is_done_for_the_image_comes_first() -> None:
    seen = Seen(WorkerGroup("street", 2, 1), FleetState(), building="pushes 12 of 40 MB")
    assert lines(seen)[0] == "building: pushes 12 of 40 MB"


def test_a_shadow_has_a_line_of_its_own_and_is_nothing_to_the_pipeline() -> None:
    def shadow(state: WorkerState, problem: str = "") -> Replica:
        copy = replace(worker(0, state, revision=9, problem=problem), id="street-s9-0")
        return replace(copy, role=WorkerRole.SHADOW)

    wanted, real = WorkerGroup("street", 9, 1, WorkerRole.SHADOW), worker(0, READY)

    def told_of(state: FleetState) -> list[str]:
        return lines(Seen(WorkerGroup("street", 2, 1), state, shadow=wanted))

    ready = "ready: 1 of 1 workers of revision 2"
    assert told_of(FleetState((real, shadow(READY)))) == [ready, "shadow: 1 of 1 workers"]
    assert told_of(FleetState((real, shadow(FAILED, "exited with 1")))) == [
        ready,
        "shadow: 0 of 1 workers; street-s9-0 on east: exited with 1",
    ]
    assert told_of(FleetState((real,), shadows={"street": "1 worker has no place"})) == [
        ready,
        "shadow: 0 of 1 workers; 1 worker has no place",
    ]
