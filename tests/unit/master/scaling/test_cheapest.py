"""The cheapest workers that hold a load, against all sets that there are."""

import itertools
import math
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.master.scaling.cheapest import Candidate, cheapest, cost_of, fastest, rate_of

RATES = st.sampled_from([1.0, 2.5, 6.0, 12.5, 50.0])
PRICES = st.sampled_from([0.0, 0.1, 0.25, 0.4, 1.0])
NODES = st.lists(
    st.tuples(RATES, st.integers(0, 3), PRICES, PRICES, st.integers(0, 3)), min_size=1, max_size=4
)


def nodes(found: list[tuple[float, int, float, float, int]]) -> list[Candidate]:
    return [
        Candidate(f"n{at}", rate, places, min(running, places), price, 100 * watts)
        for at, (rate, places, price, watts, running) in enumerate(found)
    ]


@given(NODES, st.integers(0, 120), st.integers(0, 3), st.integers(0, 8))
def test_no_set_that_holds_the_load_is_cheaper(
    found: list[tuple[float, int, float, float, int]], needed: int, least: int, more: int
) -> None:
    candidates, most = nodes(found), least + more
    best = cheapest(needed, candidates, least=least, most=most)
    places = sum(each.places for each in candidates)
    sets = [
        {each.node: count for each, count in zip(candidates, counts, strict=True)}
        for counts in itertools.product(*(range(each.places + 1) for each in candidates))
        if min(least, places) <= sum(counts) <= most
    ]
    holding = [each for each in sets if rate_of(each, candidates) >= needed - 1e-6]
    if best is None:
        assert not holding
        return
    assert rate_of(best, candidates) >= needed - 1e-6
    assert min(least, places) <= sum(best.values()) <= most
    assert all(best.get(each.node, 0) <= each.places for each in candidates)
    lowest = min(cost_of(each, candidates) for each in holding)
    assert cost_of(best, candidates) == pytest.approx(lowest, abs=1e-6)


def test_a_fast_node_is_worth_its_price_only_where_it_is_used() -> None:
    slow = Candidate("slow", 12.5, 4, price=0.1)
    fast = Candidate("fast", 50.0, 4, price=0.3)
    assert cheapest(12, [slow, fast], least=1, most=8) == {"slow": 1}
    assert cheapest(40, [slow, fast], least=1, most=8) == {"fast": 1}
    assert cheapest(60, [slow, fast], least=1, most=8) == {"slow": 1, "fast": 1}


def test_without_prices_watts_decide_and_without_those_the_number() -> None:
    old = Candidate("old", 12.5, 4, watts=200)
    new = Candidate("new", 10.0, 4, watts=20)
    assert cheapest(20, [old, new], least=1, most=8) == {"new": 2}
    bare = [Candidate("old", 12.5, 4), Candidate("new", 50.0, 4)]
    assert cheapest(20, bare, least=1, most=8) == {"new": 1}


def test_of_equal_sets_the_one_that_runs_stays() -> None:
    pair = [Candidate("a", 10, 2, price=0.1), Candidate("b", 10, 2, running=2, price=0.1)]
    assert cheapest(15, pair, least=1, most=4) == {"b": 2}


def test_workers_of_one_kind_are_spread() -> None:
    pair = [Candidate("a", 10, 4, price=0.1), Candidate("b", 10, 4, price=0.1)]
    assert cheapest(35, pair, least=1, most=8) == {"a": 2, "b": 2}


def test_what_nobody_can_do_has_no_set_and_the_fastest_do_most() -> None:
    pair = [Candidate("slow", 12.5, 4), Candidate("fast", 50.0, 1)]
    assert cheapest(100, pair, least=1, most=2) is None
    assert fastest(pair, 2) == {"fast": 1, "slow": 1}


def test_a_large_fleet_is_looked_at_in_little_time() -> None:
    dice = random.Random(3)  # noqa: S311
    fleet = [
        Candidate(f"n{at}", dice.uniform(1, 80), 8, price=dice.uniform(0.01, 3))
        for at in range(500)
    ]
    began = time.process_time()
    best = cheapest(5000, fleet, least=1, most=256)
    assert time.process_time() - began < 2
    assert best is not None
    # No set is cheaper than the load at the lowest price of a frame, as far as there are places.
    bound, left = 0.0, 5000.0
    for each in sorted(fleet, key=lambda each: each.price / each.rate):
        done = min(left, each.places * each.rate)
        bound, left = bound + done * each.price / each.rate, left - done
    assert cost_of(best, fleet) <= 1.25 * bound + max(each.price for each in fleet)
    assert math.isclose(rate_of(best, fleet), 5000, rel_tol=0.1)
