"""The workers of a canary beside those of the stable revision."""

from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.rollout import Rollout, RolloutPhase
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.master.fleet.port import Replica, WorkerState
from framemesh.master.fleet.rollout_groups import groups_of
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline

STABLE = PipelineSpec("street", (StageSpec("people", "person", 1),))
BETTER = PipelineSpec("street", (StageSpec("people", "person", 2),))


def stored(phase: RolloutPhase, canary: float = 0.1) -> StoredPipeline:
    rollout = Rollout(STABLE, 5, phase=phase, canary=canary)
    return StoredPipeline(BETTER, Generation.of(1, BETTER), (), 7, rollout=rollout)


def ready(revision: int, count: int) -> list[Replica]:
    return [
        Replica(f"street-r{revision}-{number}", "street", revision, "east", WorkerState.READY)
        for number in range(count)
    ]


def counts(pipeline: StoredPipeline, replicas: int, observed: list[Replica]) -> dict[int, int]:
    return {group.revision: group.replicas for group in groups_of(pipeline, replicas, observed)}


def test_a_canary_has_its_share_of_workers_beside_all_of_the_stable_one() -> None:
    for phase in (RolloutPhase.STARTING, RolloutPhase.CANARY):
        assert counts(stored(phase), 3, ready(5, 3)) == {5: 3, 7: 1}
        assert counts(stored(phase), 30, ready(5, 30) + ready(7, 3)) == {5: 30, 7: 3}


def test_the_stable_one_has_its_workers_whatever_becomes_of_them() -> None:
    assert counts(stored(RolloutPhase.CANARY), 3, ready(5, 1) + ready(7, 1)) == {5: 3, 7: 1}
    assert counts(stored(RolloutPhase.CANARY), 0, ready(5, 1)) == {}


def test_after_it_all_are_replaced_and_those_of_the_canary_stay() -> None:
    assert counts(stored(RolloutPhase.REPLACING), 3, ready(5, 3) + ready(7, 1)) == {5: 1, 7: 1}


def test_without_a_canary_all_are_replaced_at_once() -> None:
    assert counts(stored(RolloutPhase.STARTING, 0.0), 3, ready(5, 3)) == {5: 2, 7: 1}
