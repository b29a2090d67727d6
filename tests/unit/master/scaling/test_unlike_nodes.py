"""What the autoscaler decides where nodes are of unlike speed and price, in virtual time."""

import math
from collections.abc import Callable

import pytest

from framemesh.master.scaling.capacity import Capacity
from framemesh.master.scaling.scaling_store import Scaled
from tests.unit.master.scaling.simulated_load import SimulatedNode, SimulatedPipeline, workers

SLOW, FAST = SimulatedNode(12.5, 0.1, 4), SimulatedNode(50.0, 0.3, 4)
NODES = {"slow": SLOW, "fast": FAST}
KNOWN = Capacity(12.5, 12.5, 2.5)


def pipeline(load: Callable[[float], float], seed: int = 1) -> SimulatedPipeline:
    first = Scaled(1, 0, KNOWN, {"slow": 1})
    return SimulatedPipeline(load, workers(1, 8), nodes=NODES, seed=seed, scaled=first)


def test_a_light_load_is_held_by_the_cheap_node_and_a_heavy_one_by_the_fast() -> None:
    found = pipeline(lambda time: 6.0 if time < 60 else 28.0)
    found.run(60)
    assert found.decisions == []
    assert found.on_nodes == {"slow": 1}
    found.run(240)
    # First some of each, as nobody knew what the fast one does; then the cheapest that is enough.
    assert "1 on fast (not tried yet, at 0.3 an hour)" in found.decisions[0][2]
    assert found.on_nodes == {"fast": 1}
    assert found.late(2.0) < 0.02


def test_the_dear_node_goes_when_the_load_does() -> None:
    found = pipeline(lambda time: 70.0 if time < 60 else 6.0)
    found.run(200)
    assert found.on_nodes == {"slow": 1}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("frames", [4, 10, 30, 45, 70, 110])
def test_a_steady_load_moves_no_worker_to_and_fro(frames: float, seed: int) -> None:
    found = pipeline(lambda _: frames, seed)
    found.run(300)
    assert len([when for when, *_ in found.decisions if when > 150]) <= 1
    assert found.late(2.0) < 0.2


def test_over_a_day_the_cheapest_set_costs_less_than_workers_that_are_spread() -> None:
    def day(time: float) -> float:
        return 75 - 70 * math.cos(time / 300 * 2 * math.pi)

    chosen, spread = pipeline(day), pipeline(day)
    spread.blind = True
    chosen.run(600)
    spread.run(600)
    assert chosen.late(2.0) < 0.02
    assert chosen.price < 0.9 * spread.price


def test_nodes_that_are_alike_are_not_chosen_between() -> None:
    found = SimulatedPipeline(
        lambda _: 50.0,
        workers(1, 8),
        nodes={"a": SimulatedNode(20), "b": SimulatedNode(22)},
    )
    found.run(60)
    assert found.decisions
    assert all(" on a" not in reason for *_, reason in found.decisions)
