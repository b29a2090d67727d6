"""What is left of a deadline, divided so that the whole costs least."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framemesh.core.scheduling.budget.alternative import Alternative, frontier
from framemesh.core.scheduling.budget.cost_budget import CostBudget
from framemesh.core.scheduling.budget.grid import Grid
from framemesh.core.scheduling.budget.proportional_budget import ProportionalBudget
from framemesh.core.scheduling.call_graph import CallGraph, CallNode, InvalidCallGraph
from tests.unit.core.scheduling.budget.brute_force import (
    Problem,
    least_cost,
    least_costs,
    random_problem,
)

CHAIN = CallGraph((CallNode("a"), CallNode("b", ("a",))))
TWO_EACH = {
    "a": [Alternative(0.010, 4.0), Alternative(0.040, 1.0)],
    "b": [Alternative(0.010, 10.0), Alternative(0.050, 1.0)],
}
NEVER = float("inf")


def budget(rate: float = 1.0) -> CostBudget:
    return CostBudget(CHAIN, TWO_EACH, {("a", "b"): rate}, Grid(0.1, steps=100))


def budget_of(problem: Problem) -> CostBudget:
    return CostBudget(problem.graph, problem.alternatives, problem.rates, Grid(60.0, steps=60))


@pytest.mark.parametrize(
    ("remaining", "cost"),
    [(0.019, NEVER), (0.020, 14), (0.049, 14), (0.050, 11), (0.060, 5), (0.090, 2), (9.0, 2)],
)
def test_a_chain_of_two_costs_what_it_must(remaining: float, cost: float) -> None:
    # 20 ms: both fast. 50 ms: a slow, b fast, 1 + 10. 60 ms: a fast, b slow, 4 + 1. 90: both slow.
    assert budget().cost("a", remaining) == pytest.approx(cost)


def test_what_follows_counts_as_often_as_it_is_called() -> None:
    assert budget(rate=3.0).cost("a", 0.060) == pytest.approx(4 + 3)
    # A slow, b fast would cost 1 + 0.1 * 10 in 50 ms; that is cheaper than 4 + 0.1 in 60.
    assert budget(rate=0.1).cost("a", 0.060) == pytest.approx(2)


def test_a_call_may_take_what_makes_the_whole_cheapest() -> None:
    assert budget().share("a", 0.060) == pytest.approx(0.010)
    assert budget().share("a", 0.050) == pytest.approx(0.040)
    assert budget().share("b", 0.050) == pytest.approx(0.050)


def test_what_nobody_needs_is_divided_in_proportion() -> None:
    # At 80 ms it is a fast, b slow, which needs 60.
    assert budget().share("a", 0.080) == pytest.approx(0.010 * 80 / 60)


def test_where_nothing_is_in_time_the_fastest_are_what_is_divided_by() -> None:
    assert budget().share("a", 0.010) == pytest.approx(0.005)
    assert budget().share("a", -1.0) == 0


def test_an_even_division_costs_more_than_one_by_cost() -> None:
    """With 50 ms Llama's division gives a 22 of them, in which only its dear alternative is done:
    14 in all. Divided by cost a has 40: 11 in all."""
    even = ProportionalBudget(CHAIN, {"a": 0.040, "b": 0.050})
    assert even.share("a", 0.050) == pytest.approx(0.050 * 40 / 90)
    assert even.share("a", 0.050) < 0.040 <= budget().share("a", 0.050) + 1e-9


def test_a_node_that_nothing_can_run_is_named() -> None:
    with pytest.raises(InvalidCallGraph, match="nothing can run b"):
        CostBudget(CHAIN, {"a": TWO_EACH["a"]}, {}, Grid(0.1))


def test_only_what_is_faster_or_cheaper_than_all_others_counts() -> None:
    dear, slow, both = Alternative(1, 5), Alternative(9, 1), Alternative(9, 5)
    assert frontier([both, dear, slow, dear]) == [slow, dear]


@given(st.integers(0, 10**6))
@settings(max_examples=60)
def test_without_joins_no_division_is_cheaper(seed: int) -> None:
    problem = random_problem(seed, joins=False)
    found, costs = budget_of(problem), least_costs(problem)
    for remaining in range(1, 61):
        best = least_cost(costs, remaining)
        assert found.cost("n0", remaining) == pytest.approx(best)


@given(st.integers(0, 10**6))
@settings(max_examples=40)
def test_with_joins_a_division_is_found_whenever_there_is_one(seed: int) -> None:
    problem = random_problem(seed, joins=True)
    found, costs = budget_of(problem), least_costs(problem)
    before = NEVER
    for remaining in range(1, 61):
        best, cost = least_cost(costs, remaining), found.cost("n0", remaining)
        assert (cost == NEVER) == (best == NEVER)
        assert cost >= best - 1e-9
        assert cost <= before
        before = cost


def test_with_joins_what_is_found_costs_a_thousandth_more_than_the_least_on_average() -> None:
    """Over times in which not everything can be as cheap as it gets; from both ends, since from one
    alone it would be three thousandths, and a third at worst."""
    ratios = list[float]()
    for seed in range(150, 300):
        problem = random_problem(seed, joins=True)
        if not problem.graph.has_join:
            continue
        found, costs = budget_of(problem), least_costs(problem)
        cheapest = min(costs.values())
        for remaining in range(1, 61):
            if cheapest < (best := least_cost(costs, remaining)) < NEVER:
                ratios.append(found.cost("n0", remaining) / best)
    assert len(ratios) > 400
    assert sum(ratios) / len(ratios) <= 1.001
    assert max(ratios) <= 1.1


@pytest.mark.parametrize("seed", [3490, 3562, 4064])
def test_more_time_never_costs_more_where_the_greedy_way_would(seed: int) -> None:
    found = budget_of(random_problem(seed, joins=True))
    costs = [found.cost("n0", remaining) for remaining in range(1, 61)]
    assert costs == sorted(costs, reverse=True)


@given(st.integers(0, 10**6), st.booleans())
@settings(max_examples=60)
def test_whoever_takes_its_share_leaves_enough_to_those_behind(seed: int, joins: bool) -> None:
    """Along every path each call takes its cheapest alternative within its share; the last one is
    done in time, if the frame could be at all."""
    problem = random_problem(seed, joins=joins)
    found = budget_of(problem)
    remaining = 40.0
    if found.cost("n0", remaining) == NEVER:
        return
    for path in problem.graph.suffixes("n0"):
        left = remaining
        for name in path:
            share = found.share(name, left)
            within = [each for each in problem.alternatives[name] if each.seconds <= share + 1e-6]
            assert within
            left -= min(within, key=lambda each: each.cost).seconds
        assert left >= -1e-6


def test_a_join_is_paid_for_once() -> None:
    graph = CallGraph(
        (
            CallNode("a"),
            CallNode("b", ("a",)),
            CallNode("c", ("a",)),
            CallNode("d", ("b", "c"), once=True),
        )
    )
    each = [Alternative(1.0, 10.0), Alternative(4.0, 1.0)]
    found = CostBudget(graph, dict.fromkeys("abcd", each), {}, Grid(20.0, steps=20))
    assert found.cost("a", 12) == pytest.approx(4)
    assert found.cost("a", 3) == pytest.approx(40)
    # Six: one of a and d slow, and not b and c, which both would have to be slow.
    assert found.cost("a", 6) == pytest.approx(31)
    # Nine: a and d slow, b and c fast: 22; or b, c and one of them: 3 + 10.
    assert found.cost("a", 9) == pytest.approx(13)
    assert found.cost("d", 4) == pytest.approx(1)
