"""Budgets where calls are joined: greedy, by marginal cost."""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy

from framemesh.core.scheduling.budget.alternative import Alternative
from framemesh.core.scheduling.budget.budget_table import (
    NEVER,
    BudgetTable,
    Frontiers,
    shared_out,
)
from framemesh.core.scheduling.budget.grid import Grid
from framemesh.core.scheduling.call_graph import CallGraph


def join_table(
    graph: CallGraph, frontiers: Frontiers, calls: Mapping[str, float], grid: Grid
) -> BudgetTable:
    """Of the first node of a graph, which all others follow.

    Twice, and the cheaper one counts. From the cheapest of all: of the calls on the longest path,
    the one whose next second costs least becomes faster, until the whole is in time; then what is
    faster than it has to be becomes cheaper again. And from the fastest of all: what saves most
    becomes cheaper, as long as the whole is in time. The optimum is hard to find (it is the
    discrete time-cost trade-off problem); tests say how near this comes.

    Args:
        calls: expected ones of each node, for one call of the first.
    """
    costs, shares = [NEVER] * (grid.steps + 1), [0.0] * (grid.steps + 1)
    at = grid.steps
    cheapest = _Assignment(graph, frontiers, calls)
    fastest = copy(cheapest)
    fastest.as_fast_as_possible()
    for faster in _faster_and_faster(cheapest):
        least = grid.ceil(faster.seconds)
        while at >= least:
            limit = at * grid.step
            best = min((_cheaper(each, limit) for each in (faster, fastest)), key=_cost)
            costs[at] = best.cost
            shares[at] = shared_out(best.first, best.seconds - best.first, limit)
            at -= 1
    _keep_falling(costs, shares)
    return BudgetTable(costs, shares)


class _Assignment:
    """To each call of a graph, by its place, one of its alternatives. Its lists are replaced and
    never changed, so that a shallow copy is one of its own."""

    def __init__(self, graph: CallGraph, frontiers: Frontiers, calls: Mapping[str, float]) -> None:
        places = {node.name: place for place, node in enumerate(graph.nodes)}
        self._parents = [[places[name] for name in node.parents] for node in graph.nodes]
        self._children = [
            [places[name] for name in graph.children(node.name)] for node in graph.nodes
        ]
        self._calls = [calls[node.name] for node in graph.nodes]
        self._frontiers = [frontiers[node.name] for node in graph.nodes]
        self._taken = [0] * len(graph.nodes)
        self._measure()

    def as_fast_as_possible(self) -> None:
        self._taken = [len(frontier) - 1 for frontier in self._frontiers]
        self._measure()

    def become_cheaper(self, limit: float) -> None:
        """As far as all is done in `limit` seconds; what saves most is first."""
        while (change := self._best_saving(limit)) is not None:
            self._take(*change)

    @property
    def seconds(self) -> float:
        """Of the longest path."""
        return self._behind[0]

    @property
    def first(self) -> float:
        """Seconds of the first call."""
        return self._alternative(0).seconds

    @property
    def cost(self) -> float:
        return sum(
            self._calls[place] * self._alternative(place).cost for place in range(len(self._taken))
        )

    def become_faster(self) -> bool:
        """One call of the longest path; False: none can."""
        best: tuple[float, float] | None = None
        change = (0, 0)
        for place in range(len(self._taken)):
            if self._before[place] + self._behind[place] < self.seconds - _ROUNDING:
                continue
            now = self._alternative(place)
            for to in range(self._taken[place] + 1, len(self._frontiers[place])):
                then = self._frontiers[place][to]
                saved = now.seconds - then.seconds
                rank = (self._calls[place] * (then.cost - now.cost) / saved, saved)
                if best is None or rank < best:
                    best, change = rank, (place, to)
        if best is None:
            return False
        self._take(*change)
        return True

    def _best_saving(self, limit: float) -> tuple[int, int] | None:
        best, change = 0.0, None
        for place, taken in enumerate(self._taken):
            now = self._alternative(place)
            spare = limit - self._before[place] - self._behind[place] + now.seconds + _ROUNDING
            for to in range(taken):
                then = self._frontiers[place][to]
                saving = self._calls[place] * (now.cost - then.cost)
                if then.seconds <= spare and saving > best:
                    best, change = saving, (place, to)
        return change

    def _take(self, place: int, to: int) -> None:
        self._taken = [*self._taken[:place], to, *self._taken[place + 1 :]]
        self._measure()

    def _alternative(self, place: int) -> Alternative:
        return self._frontiers[place][self._taken[place]]

    def _measure(self) -> None:
        """When each call begins, and how long it is from there to the end."""
        seconds = [self._alternative(place).seconds for place in range(len(self._taken))]
        self._before = _longest(self._parents, seconds, range(len(seconds)))
        ends = _longest(self._children, seconds, reversed(range(len(seconds))))
        self._behind = [end + own for end, own in zip(ends, seconds, strict=True)]


def _cheaper(start: _Assignment, limit: float) -> _Assignment:
    cheaper = copy(start)
    cheaper.become_cheaper(limit)
    return cheaper


def _cost(assignment: _Assignment) -> float:
    return assignment.cost


def _longest(
    neighbours: Sequence[Sequence[int]], seconds: Sequence[float], order: Iterator[int] | range
) -> list[float]:
    """The longest way to each place, without itself."""
    longest = [0.0] * len(seconds)
    for place in order:
        for other in neighbours[place]:
            longest[place] = max(longest[place], longest[other] + seconds[other])
    return longest


def _faster_and_faster(start: _Assignment) -> Iterator[_Assignment]:
    yield start
    while start.become_faster():
        yield start


def _keep_falling(costs: list[float], shares: list[float]) -> None:
    """What was in time with less is so with more, and as cheap."""
    for at in range(1, len(costs)):
        if costs[at - 1] < costs[at]:
            costs[at] = costs[at - 1]
            shares[at] = shares[at - 1]


_ROUNDING = 1e-9
