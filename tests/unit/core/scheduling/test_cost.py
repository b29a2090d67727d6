"""What a second of a batch costs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framemesh.core.scheduling.backend import Backend
from framemesh.core.scheduling.cost import Objective, cost_per_second, costs_per_second, share

CLOUD = Backend("cloud", price_per_hour=3.6, idle_watts=100, max_watts=300, capacity=4)


def test_whoever_runs_alone_pays_for_all() -> None:
    assert cost_per_second(Objective.PRICE, CLOUD, 0) == pytest.approx(0.001)
    assert cost_per_second(Objective.PRICE, CLOUD, 1) == pytest.approx(0.0005)
    assert cost_per_second(Objective.PRICE, CLOUD, 3) == pytest.approx(0.00025)


def test_a_batch_that_has_to_wait_pays_no_less_than_one_that_runs() -> None:
    assert share(CLOUD, 100) == share(CLOUD, 3) == 0.25


def test_energy_is_what_is_drawn_at_that_load_shared_by_those_that_run() -> None:
    # One of four: 100 + 200 / 4 = 150 W for one; four of four: 300 W for four.
    assert cost_per_second(Objective.ENERGY, CLOUD, 0) == pytest.approx(150)
    assert cost_per_second(Objective.ENERGY, CLOUD, 3) == pytest.approx(75)


def test_where_nothing_costs_anything_time_does() -> None:
    free = [Backend("a"), Backend("b", capacity=2)]
    assert costs_per_second(Objective.PRICE, free, [0, 1]) == [1.0, 0.5]
    assert costs_per_second(Objective.PRICE, [*free, CLOUD], [0, 1, 0]) == [
        0.0,
        0.0,
        pytest.approx(0.001),
    ]


@settings(max_examples=50)
@given(
    st.integers(1, 8),
    st.floats(0, 20),
    st.floats(0, 20),
    st.tuples(st.floats(0, 500), st.floats(0, 500)),
    st.sampled_from(Objective),
)
def test_a_busier_backend_is_never_dearer(
    capacity: int, running: float, more: float, watts: tuple[float, float], objective: Objective
) -> None:
    backend = Backend("b", 2.0, watts[0], sum(watts), capacity=capacity)
    busy = cost_per_second(objective, backend, running + more)
    assert busy <= cost_per_second(objective, backend, running) * (1 + 1e-9)
