"""One pipeline whose workers are on nodes of unlike speed or price, look by look."""

from dataclasses import replace

from framemesh.core.pipeline.spec import PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.core.worker_speed import WorkerSpeed
from framemesh.master.fleet.port import FleetState, Replica, WorkerState
from framemesh.master.scaling.capacity import Capacity
from framemesh.master.scaling.measure import BufferCount
from framemesh.master.scaling.offers import Offer
from framemesh.master.scaling.policy import DEFAULT_POLICY
from framemesh.master.scaling.scaling_store import Scaled
from framemesh.master.scaling.watched_pipeline import WatchedPipeline
from tests.hand_clock import HandClock

SPEC = PipelineSpec(
    "street", (StageSpec("people", "person", 1),), workers=WorkersSpec(min=1, max=8)
)
CHEAP, FAST = Offer("cheap", 8, 0.1, kind="a"), Offer("fast", 8, 0.3, kind="b")


def worker(name: str, node: str) -> Replica:
    return Replica(name, "street", 1, node, WorkerState.READY)


class Watch:
    def __init__(self, scaled: Scaled) -> None:
        self.clock = HandClock(100.0)
        self.pipeline = WatchedPipeline(scaled, self.clock, DEFAULT_POLICY)
        self.pipeline.offers = (CHEAP, FAST)

    def look(self, arrived: int, pending: int, *workers: Replica, unplaced: bool = False) -> None:
        lines = {"street": "1 worker has no place"} if unplaced else {}
        self.pipeline.observed("street", FleetState(workers, "", lines))
        self.pipeline.counted(BufferCount(arrived, pending), SPEC)
        self.clock.seconds += DEFAULT_POLICY.sample


def test_speeds_are_learned_by_node_and_stored() -> None:
    watch = Watch(Scaled(2, 0, Capacity(12.5), {"cheap": 2}))
    workers = worker("a", "cheap"), worker("b", "fast")
    watch.look(0, 0, *workers)
    watch.pipeline.told({"a": WorkerSpeed(750), "b": WorkerSpeed(3000, saturated=True)})
    stored = watch.pipeline.after(None)
    assert {node: each.frames_per_second for node, each in stored.rates.items()} == {
        "cheap": 12.5,
        "fast": 50.0,
    }
    watch.pipeline.scaled = stored
    assert watch.pipeline.after(None) is stored


def test_a_worker_without_a_place_ends_the_preference() -> None:
    scaled = Scaled(1, 0, Capacity(12.5), {"cheap": 1})
    watch = Watch(scaled)
    watch.look(0, 0, unplaced=True)
    after = watch.pipeline.after(None)
    assert after == replace(scaled, changed_unix_nano=watch.clock.unix_nano(), nodes={})
    watch.pipeline.scaled = after
    assert watch.pipeline.after(None) is after


def test_workers_that_do_less_side_by_side_are_not_taken_for_enough() -> None:
    """Each said what it did alone; together they are slower, as where they share processors."""
    watch = Watch(Scaled(2, 0, Capacity(12.5, 12.5, 2.0), {"cheap": 2}))
    workers = worker("a", "cheap"), worker("b", "cheap")
    watch.look(0, 40, *workers)
    watch.pipeline.told({name: WorkerSpeed(1500) for name in ("a", "b")})
    for step in range(1, 12):
        # 30 frames/s come in, and 20 go, of 50 that they should do.
        watch.look(round(7.5 * step), round(40 + 2.5 * step), *workers)
    decision = watch.pipeline.decision(SPEC)
    assert decision is not None
    assert decision.replicas > 2
    assert "one worker does 9.7" in decision.reason
