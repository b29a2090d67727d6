"""Such that the whole costs least."""

from collections.abc import Iterable, Mapping

from framemesh.core.scheduling.budget.alternative import Alternative, frontier
from framemesh.core.scheduling.budget.budget_table import NEVER, BudgetTable
from framemesh.core.scheduling.budget.grid import Grid
from framemesh.core.scheduling.budget.join_table import join_table
from framemesh.core.scheduling.budget.proportional_budget import ProportionalBudget
from framemesh.core.scheduling.budget.tree_table import tree_tables
from framemesh.core.scheduling.call_graph import CallGraph, InvalidCallGraph, Rates


class CostBudget:
    """Tables over a grid of times, one for each node; looked up in O(1).

    Frozen in effect: made anew when latencies, costs or rates changed. Where nothing is in time,
    what is left is divided in proportion to the fastest alternatives.
    """

    def __init__(
        self,
        graph: CallGraph,
        alternatives: Mapping[str, Iterable[Alternative]],
        rates: Rates,
        grid: Grid,
    ) -> None:
        """Raises:
        InvalidCallGraph: a node without alternatives.
        """
        frontiers = {node.name: frontier(alternatives.get(node.name, ())) for node in graph.nodes}
        if bare := [name for name, found in frontiers.items() if not found]:
            raise InvalidCallGraph(f"nothing can run {', '.join(bare)}: give it a configuration")
        self._grid = grid
        self._tables: dict[str, BudgetTable] = tree_tables(graph, frontiers, rates, grid)
        for node in graph.nodes:
            if node.name not in self._tables:
                left = graph.subgraph(node.name)
                self._tables[node.name] = (
                    join_table(left, frontiers, left.expected_calls(rates), grid)
                    if left.has_join
                    else tree_tables(left, frontiers, rates, grid)[node.name]
                )
        self._otherwise = ProportionalBudget(
            graph, {name: found[-1].seconds for name, found in frontiers.items()}
        )

    def share(self, node: str, remaining: float) -> float:
        """Seconds that a call of `node` may take, as in `Budget`."""
        table, at = self._tables[node], self._grid.floor(remaining)
        if table.costs[at] == NEVER:
            return self._otherwise.share(node, remaining)
        return table.shares[at]

    def cost(self, node: str, remaining: float) -> float:
        """Of a call of `node` and all that follows it; infinite where nothing is in time."""
        return self._tables[node].costs[self._grid.floor(remaining)]
