"""Random call graphs, and the least cost of each by trying all that can be chosen."""

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from framemesh.core.scheduling.budget.alternative import Alternative
from framemesh.core.scheduling.call_graph import CallGraph, CallNode, Rates

MOST_NODES = 6


@dataclass(frozen=True)
class Problem:
    """What a budget is made for. Seconds are whole numbers, so that a grid loses nothing."""

    graph: CallGraph
    alternatives: Mapping[str, Sequence[Alternative]]
    rates: Rates


def random_problem(seed: int, *, joins: bool) -> Problem:
    dice = random.Random(seed)  # noqa: S311
    nodes = [CallNode("n0")]
    for at in range(1, dice.randint(2, MOST_NODES)):
        several = joins and dice.random() < 0.6
        parents = dice.sample(range(at), dice.randint(1, min(at, 3)) if several else 1)
        nodes.append(CallNode(f"n{at}", tuple(f"n{parent}" for parent in sorted(parents))))
    rates = {
        (parent, node.name): dice.choice([0.3, 1.0, 2.0])
        for node in nodes
        for parent in node.parents
    }
    alternatives = {node.name: _alternatives(dice) for node in nodes}
    return Problem(CallGraph(tuple(nodes)), alternatives, rates)


def least_costs(problem: Problem) -> dict[float, float]:
    """The least cost of each time that a whole frame can take."""
    names = [node.name for node in problem.graph.nodes]
    calls = problem.graph.expected_calls(problem.rates)
    found: dict[float, float] = {}
    for chosen in itertools.product(*(problem.alternatives[name] for name in names)):
        seconds = {name: each.seconds for name, each in zip(names, chosen, strict=True)}
        time = problem.graph.longest_suffixes(seconds)[names[0]]
        cost = sum(calls[name] * each.cost for name, each in zip(names, chosen, strict=True))
        found[time] = min(cost, found.get(time, cost))
    return found


def least_cost(costs: Mapping[float, float], available: float) -> float:
    """Infinite, if nothing is done in that time."""
    return min(
        (cost for time, cost in costs.items() if time <= available + 1e-9), default=float("inf")
    )


def _alternatives(dice: random.Random) -> list[Alternative]:
    """Any: some are both slower and dearer than others."""
    return [
        Alternative(float(dice.randint(1, 9)), dice.uniform(1, 20))
        for _ in range(dice.randint(1, 4))
    ]
