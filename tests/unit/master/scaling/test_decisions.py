"""What the autoscaler decides under loads as cameras make them, in virtual time."""

import math
from collections.abc import Callable
from datetime import timedelta

import pytest

from framemesh.core.pipeline.delivery import DeliverySpec, FreshSpec, Order
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.master.scaling.capacity import Capacity
from framemesh.master.scaling.scaling_store import Scaled
from framemesh.master.scaling.watched_pipeline import bounds_of
from tests.unit.master.scaling.simulated_load import SimulatedPipeline, workers

KNOWN = Capacity(rate=20.0, proven_rate=20.0, start_seconds=2.5)


def step(before: float, after: float, at: float = 20.0) -> Callable[[float], float]:
    return lambda time: before if time < at else after


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("frames", [4, 10, 16, 30, 70, 110])
def test_a_steady_load_is_never_scaled_up_and_down_again(frames: float, seed: int) -> None:
    found = SimulatedPipeline(lambda _: frames, workers(1, 8), seed=seed)
    found.run(300)
    assert found.changes_of_direction() <= 1
    assert math.ceil(frames / 20) <= [1, *found.replicas()][-1] <= math.ceil(frames / 20 / 0.7)


def test_a_load_that_one_worker_takes_leaves_it_alone() -> None:
    found = SimulatedPipeline(lambda _: 14.0, workers(1, 8))
    found.run(300)
    assert found.decisions == []


def test_a_step_is_answered_within_two_seconds_by_enough_workers() -> None:
    found = SimulatedPipeline(step(15, 100), workers(1, 8), scaled=Scaled(1, 0, KNOWN))
    found.run(60)
    assert found.decisions[0][2].startswith("the backlog grows by ")
    assert 6 <= max(replicas for when, replicas, _ in found.decisions if when < 22) <= 8
    assert found.pending < 30


def test_a_buffer_that_is_full_gets_workers_although_it_grows_no_more() -> None:
    """It was full before anybody looked, as after a change of the leader."""
    found = SimulatedPipeline(
        lambda _: 100.0, workers(1, 8), scaled=Scaled(1, 0, KNOWN), holds=300, queued=300
    )
    found.run(120)
    assert " frames wait and become no fewer: " in found.decisions[0][2]
    assert found.decisions[-1][1] >= 6
    assert found.pending < 30


def test_a_backlog_that_is_worked_off_in_time_is_left_to_its_workers() -> None:
    found = SimulatedPipeline(lambda _: 10.0, workers(2, 8), scaled=Scaled(2, 0, KNOWN), queued=200)
    found.run(60)
    assert found.decisions == []
    assert found.pending < 10


def test_the_rate_of_a_worker_is_learned_from_a_backlog() -> None:
    found = SimulatedPipeline(step(5, 60), workers(1, 8))
    found.run(60)
    assert found.capacity is not None
    assert found.capacity.rate == pytest.approx(20, rel=0.1)
    assert found.capacity.start_seconds == pytest.approx(2.5, abs=0.5)


def test_workers_that_start_count_as_capacity_to_come() -> None:
    """Otherwise a slow start would be answered by more and more of them."""
    slow = Capacity(20.0, 20.0, 20.0)
    found = SimulatedPipeline(
        step(15, 50), workers(1, 40), start_seconds=20, scaled=Scaled(1, 0, slow)
    )
    found.run(60)
    assert max(found.replicas()) <= 9


def test_workers_that_are_slowed_by_others_that_start_are_not_taken_for_slow_ones() -> None:
    slowed = SimulatedPipeline(step(4, 60), workers(1, 12), rate=12.5, slowed_by_starts=0.2)
    slowed.run(60)
    assert slowed.capacity is not None
    assert slowed.capacity.rate == pytest.approx(12.5, rel=0.1)
    assert max(slowed.replicas()) <= 9


def test_a_ramp_is_followed_without_late_frames() -> None:
    found = SimulatedPipeline(lambda time: min(140, 5 + time), workers(1, 8))
    found.run(240)
    assert found.replicas() == sorted(found.replicas())
    assert found.late(2.0) < 0.01


def test_over_a_day_the_objective_holds_with_fewer_workers_than_the_peak_needs() -> None:
    found = SimulatedPipeline(
        lambda time: 75 - 70 * math.cos(time / 300 * 2 * math.pi), workers(1, 8)
    )
    found.run(600)
    assert found.late(2.0) < 0.01
    assert found.worker_seconds < 0.85 * 8 * 600
    assert found.changes_of_direction() <= 4


def test_to_zero_and_back_where_the_minimum_is_zero() -> None:
    found = SimulatedPipeline(
        lambda time: 15.0 if 5 < time < 30 or time > 90 else 0.0,
        workers(0, 8, shrink_seconds=20),
    )
    found.run(120)
    replicas = found.replicas()
    asleep = replicas.index(0)
    assert found.decisions[asleep][2] == "for 20 s nothing came in"
    assert replicas[0] == replicas[asleep + 1] == 1
    assert found.pending == 0


def test_it_shrinks_when_fewer_were_enough_for_long() -> None:
    found = SimulatedPipeline(lambda time: 100.0 if time < 60 else 10.0, workers(1, 8))
    found.run(160)
    assert found.replicas()[-1] == 1
    assert next(when for when, replicas, _ in found.decisions if replicas == 1) >= 90


def test_it_never_leaves_its_bounds() -> None:
    found = SimulatedPipeline(lambda time: 150.0 if time < 30 else 0.0, workers(2, 5))
    found.run(160)
    assert max(found.replicas()) == 5
    assert min(found.replicas()) == found.replicas()[-1] == 2
    assert "5 is the most" in found.decisions[0][2]


def test_other_bounds_count_at_once() -> None:
    found = SimulatedPipeline(lambda _: 1.0, workers(2, 5), scaled=Scaled(8, 0, KNOWN))
    found.run(5)
    assert found.decisions[0][1:] == (5, "its bounds are 2 to 5")


def test_more_workers_than_leased_shards_are_never_asked_for() -> None:
    spec = PipelineSpec(
        "street",
        (StageSpec("people", "person", 1),),
        buffer=BufferSpec(shards=3),
        delivery=DeliverySpec(order=Order.PER_CAMERA),
        workers=workers(1, 8),
    )
    assert bounds_of(spec).most == 3


def test_frames_that_would_expire_tighten_the_objective() -> None:
    fresh = DeliverySpec(fresh=FreshSpec(timedelta(milliseconds=500)))
    spec = PipelineSpec(
        "street", (StageSpec("people", "person", 1),), delivery=fresh, workers=WorkersSpec(max=4)
    )
    assert bounds_of(spec).age_seconds == 0.5
