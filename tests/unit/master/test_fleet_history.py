"""What is recorded of workers and nodes, by what successive rounds see."""

from dataclasses import replace

from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.master.fleet.port import FleetState, Replica, WorkerState
from framemesh.master.history.events import EventKind
from framemesh.master.history.fleet_history import FleetHistory
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline

SPEC = PipelineSpec("street", (StageSpec("people", "person", 1),))
READY, STARTING = WorkerState.READY, WorkerState.STARTING
FAILED, STOPPING = WorkerState.FAILED, WorkerState.STOPPING


def worker(
    number: int = 0,
    state: WorkerState = READY,
    *,
    node: str = "east",
    revision: int = 1,
    problem: str = "",
) -> Replica:
    return Replica(f"street-r{revision}-{number}", "street", revision, node, state, problem=problem)


class Rounds:
    """A history, and what it recorded."""

    def __init__(self) -> None:
        self.recorded: list[str] = []
        self._history = FleetHistory(self)

    def record(self, pipeline: str, kind: EventKind, message: str) -> None:
        self.recorded.append(f"{pipeline} {kind.value}: {message}")

    def see(
        self,
        *replicas: Replica,
        nodes: tuple[str, ...] = ("east", "west"),
        revision: int = 1,
        cordoned: tuple[str, ...] = (),
        pipelines: tuple[str, ...] = ("street",),
    ) -> list[str]:
        """A round sees this; returns what it recorded."""
        stored = {
            name: StoredPipeline(replace(SPEC, name=name), Generation.of(1, SPEC), (), revision)
            for name in pipelines
        }
        self.recorded.clear()
        self._history.observed(stored, FleetState(replicas, nodes=frozenset(nodes)), cordoned)
        return [*self.recorded]


def test_a_new_leader_repeats_nothing_of_what_runs_when_it_begins() -> None:
    rounds = Rounds()
    assert rounds.see(nodes=()) == []
    assert rounds.see(worker(), nodes=("east",)) == []
    assert rounds.see(worker(), worker(1, STARTING, node="west")) == []
    assert rounds.see(worker(), worker(1, node="west")) == [
        "street worker_ready: street-r1-1 on west"
    ]


def test_a_worker_is_added_becomes_ready_fails_and_goes() -> None:
    rounds = Rounds()
    rounds.see()
    assert rounds.see(worker(state=STARTING)) == ["street worker_added: street-r1-0 on east"]
    assert rounds.see(worker()) == ["street worker_ready: street-r1-0 on east"]
    assert rounds.see(worker()) == []
    failed = worker(state=FAILED, problem="exited with 1")
    assert rounds.see(failed) == ["street worker_failed: street-r1-0 on east: exited with 1"]
    assert rounds.see(failed) == []
    assert rounds.see(worker(state=STARTING, problem="exited with 1")) == []
    assert rounds.see(worker(state=STOPPING)) == []
    assert rounds.see() == ["street worker_gone: street-r1-0 on east"]


def test_a_worker_that_was_started_again_between_two_rounds_has_failed() -> None:
    rounds = Rounds()
    rounds.see(worker())
    assert rounds.see(worker(state=STARTING, problem="killed")) == [
        "street worker_failed: street-r1-0 on east: killed"
    ]


def test_a_worker_that_is_ready_at_once_is_added_and_ready() -> None:
    rounds = Rounds()
    rounds.see()
    assert rounds.see(worker()) == [
        "street worker_added: street-r1-0 on east",
        "street worker_ready: street-r1-0 on east",
    ]


def test_a_node_that_is_lost_is_told_once_to_those_that_had_workers_there() -> None:
    rounds = Rounds()
    both = ("street", "yard")
    rounds.see(worker(), worker(1), worker(2, node="west"), pipelines=both)
    assert rounds.see(worker(2, node="west"), nodes=("west",), pipelines=both) == [
        "street node_lost: east is away, with 2 workers"
    ]
    assert rounds.see(worker(2, node="west"), nodes=("west",), pipelines=both) == []
    assert rounds.see(worker(), worker(2, node="west"), pipelines=both) == [
        "street node_back: east is back"
    ]
    assert rounds.see(worker(), worker(2, node="west"), pipelines=both) == []


def test_a_drained_node_is_told_when_it_has_no_worker_left() -> None:
    rounds = Rounds()
    rounds.see(worker(), worker(1, node="west"), cordoned=("east",))
    assert rounds.see(worker(1, node="west"), cordoned=("east",)) == [
        "street worker_gone: street-r1-0 on east",
        "street node_drained: east has none of its workers any more",
    ]


def test_a_roll_out_begins_and_ends() -> None:
    rounds = Rounds()
    rounds.see(worker())
    assert rounds.see(worker(), revision=2) == [
        "street rollout_begun: revision 2 replaces revision 1"
    ]
    new = worker(revision=2)
    assert "street worker_ready: street-r2-0 on east" in rounds.see(worker(), new, revision=2)
    assert rounds.see(worker(state=STOPPING), new, revision=2) == []
    assert rounds.see(new, revision=2) == [
        "street worker_gone: street-r1-0 on east",
        "street rollout_finished: revision 2 runs alone, with 1 worker ready",
    ]
    assert rounds.see(new, revision=2) == []


def test_of_a_deleted_pipeline_nothing_is_told() -> None:
    rounds = Rounds()
    rounds.see(worker())
    assert rounds.see(worker(state=STOPPING), pipelines=()) == []
    assert rounds.see(pipelines=()) == []
    assert rounds.see(nodes=(), pipelines=()) == []
