"""Budgets where every call has one parent: exact, by dynamic programming."""

from collections.abc import Sequence

from framemesh.core.scheduling.budget.alternative import Alternative
from framemesh.core.scheduling.budget.budget_table import (
    NEVER,
    BudgetTable,
    Frontiers,
    shared_out,
)
from framemesh.core.scheduling.budget.grid import Grid
from framemesh.core.scheduling.call_graph import CallGraph, Rates


def tree_tables(
    graph: CallGraph, frontiers: Frontiers, rates: Rates, grid: Grid
) -> dict[str, BudgetTable]:
    """f_k(t) = min over alternatives of k: cost + sum over children c: rate * f_c(t - seconds)

    Children run at the same time, so each has all that their parent leaves. Only the seconds of an
    alternative are tried as a share, since the least cost changes nowhere else. Nodes that are
    above a join, or one, are left out: those need `join_table`.
    """
    tables = dict[str, BudgetTable]()
    for node in reversed(graph.nodes):
        children = graph.children(node.name)
        if all(child in tables and len(graph.node(child).parents) == 1 for child in children):
            behind = _behind(
                [(rates.get((node.name, child), 1.0), tables[child]) for child in children], grid
            )
            tables[node.name] = _table(frontiers[node.name], behind, grid)
    return tables


def _behind(children: Sequence[tuple[float, BudgetTable]], grid: Grid) -> list[float]:
    """What all children cost together, by the time that they have."""
    costs = [0.0] * (grid.steps + 1)
    for rate, table in children:
        for at, cost in enumerate(table.costs):
            costs[at] += rate * cost if cost < NEVER else NEVER
    return costs


def _table(frontier: Sequence[Alternative], behind: Sequence[float], grid: Grid) -> BudgetTable:
    needed = _first_as_cheap(behind)
    tried = [(grid.ceil(each.seconds), each) for each in frontier]
    costs, shares = [NEVER] * len(behind), [0.0] * len(behind)
    for at in range(len(behind)):
        for steps, each in tried:
            left = at - steps
            if left >= 0 and (cost := each.cost + behind[left]) < costs[at]:
                costs[at] = cost
                shares[at] = shared_out(each.seconds, needed[left] * grid.step, at * grid.step)
    return BudgetTable(costs, shares)


def _first_as_cheap(costs: Sequence[float]) -> list[int]:
    """For each step the first one at which it costs no more."""
    first = [0]
    for at in range(1, len(costs)):
        first.append(at if costs[at] < costs[at - 1] else first[-1])
    return first
