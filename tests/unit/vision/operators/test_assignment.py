"""Pairs at least cost, against all that there are."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from framemesh.vision.operators.assignment import Numbers, assignment, best_pairs

SMALL = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=5),
    elements=st.integers(-4, 4) | st.floats(-1, 1, width=32),
)
"""Many of their costs are equal."""

LARGE = arrays(
    np.float64, st.tuples(st.integers(1, 40), st.integers(1, 40)), elements=st.integers(0, 9)
)


def least(costs: Numbers) -> float:
    """By trying all."""
    rows, columns = costs.shape
    if rows > columns:
        return least(costs.T)
    return min(
        (float(costs[np.arange(rows), chosen].sum()) for chosen in _choices(columns, rows)),
        default=0.0,
    )


def _choices(count: int, length: int) -> list[list[int]]:
    return [list(chosen) for chosen in permutations(range(count), length)]


@given(SMALL)
def test_no_choice_costs_less(costs: Numbers) -> None:
    rows, columns = assignment(costs)
    assert len(rows) == min(costs.shape) == len(set(rows)) == len(set(columns))
    assert costs[rows, columns].sum() == pytest.approx(least(costs), abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shape", [(7, 7), (6, 7), (7, 5)])
def test_no_choice_costs_less_up_to_seven(seed: int, shape: tuple[int, int]) -> None:
    costs = np.random.default_rng(seed).normal(size=shape)
    assert costs[assignment(costs)].sum() == pytest.approx(least(costs))


@given(LARGE)
def test_no_exchange_of_two_makes_it_cheaper(costs: Numbers) -> None:
    rows, columns = assignment(costs)
    chosen = costs[rows, columns]
    exchanged = costs[rows[:, None], columns] + costs[rows[:, None], columns].T
    assert (exchanged >= chosen[:, None] + chosen).all()


@given(LARGE, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_columns_does_not_change_the_sum(
    costs: Numbers, random: np.random.Generator
) -> None:
    rows, columns = (list(range(side)) for side in costs.shape)
    random.shuffle(rows)
    random.shuffle(columns)
    shuffled = costs[np.ix_(rows, columns)]
    assert shuffled[assignment(shuffled)].sum() == costs[assignment(costs)].sum()


def test_a_price_on_a_row_or_a_column_changes_no_choice() -> None:
    random = np.random.default_rng(5)
    costs, prices = random.normal(size=(60, 60)), random.normal(size=60)
    assert (assignment(costs)[1] == assignment(costs + prices)[1]).all()
    assert (assignment(costs)[1] == assignment(costs + prices[:, None])[1]).all()


def test_three_hundred_that_know_their_partners_find_them() -> None:
    random = np.random.default_rng(6)
    partners = random.permutation(300)
    costs = random.uniform(0.5, 1, (300, 300))
    costs[np.arange(300), partners] = random.uniform(0, 0.4, 300)
    assert (assignment(costs)[1] == partners).all()


@given(SMALL)
def test_pairs_gain_the_most_and_none_is_without_gain(gains: Numbers) -> None:
    rows, columns = best_pairs(gains)
    assert len(set(rows)) == len(rows) == len(set(columns))
    assert (gains[rows, columns] > 0).all()
    assert gains[rows, columns].sum() == pytest.approx(-least(-np.maximum(gains, 0)), abs=1e-6)


def test_a_gain_that_is_not_possible_costs_nothing() -> None:
    rows, columns = best_pairs(np.array([[2.0, -np.inf], [3.0, 1.0], [-np.inf, -np.inf]]))
    assert sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == [(0, 0), (1, 1)]
