"""Which workers hold a load at the least cost, where nodes are of unlike speed or price."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

MOST_SETS = 4000
"""That are looked at: some milliseconds. Of what is left out then, none is cheaper than what was
found by more than the price of one worker, if that was found by price per frame alone."""

MOST_KINDS = 32
"""Of nodes: those that do most for their cost, and the fastest."""

SAME_RATE = 0.1
"""Nodes whose speeds differ by less than this part count as one kind, so that few sets differ."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One node, for workers of one pipeline."""

    node: str
    rate: float
    """Frames a second of one worker."""
    places: int
    """Workers that it can have, those that it has included."""
    running: int = 0
    """Workers that it has, or should have by now."""
    price: float = 0.0
    """Of one worker, an hour."""
    watts: float = 0.0
    """Of one worker."""
    tried: bool = True
    """Whether its rate was measured, on this node or one of its kind."""


def cheapest(
    needed: float, candidates: Sequence[Candidate], *, least: int, most: int
) -> dict[str, int] | None:
    """The cheapest workers that do `needed` frames a second together, as their number by node.

    By price; where no node has one, by watts; else the fewest workers. Of equal sets, the one with
    more of the workers that run.

    Args:
        least, most: how many workers there may be.

    Returns:
        None where no set does as much.
    """
    kinds = _kinds(candidates)
    counts = _Search(needed, kinds, least, most).best
    return None if counts is None else dict(_by_node(kinds, counts))


def fastest(candidates: Sequence[Candidate], most: int) -> dict[str, int]:
    """The workers that do most; of equally fast ones the cheaper."""
    found: dict[str, int] = {}
    for each in sorted(candidates, key=lambda each: (-each.rate, each.price, each.node)):
        if count := min(each.places, most):
            found[each.node] = count
            most -= count
    return found


def rate_of(workers: Mapping[str, int], candidates: Sequence[Candidate]) -> float:
    """Frames a second that they do together."""
    return sum(workers.get(each.node, 0) * each.rate for each in candidates)


def cost_of(workers: Mapping[str, int], candidates: Sequence[Candidate]) -> float:
    """What they cost, in the measure by which `cheapest` chooses."""
    measure = _measure(candidates)
    return sum(workers.get(each.node, 0) * measure(each) for each in candidates)


def _measure(candidates: Sequence[Candidate]) -> Callable[[Candidate], float]:
    if any(each.price for each in candidates):
        return lambda each: each.price
    if any(each.watts for each in candidates):
        return lambda each: each.watts
    return lambda _: 1.0


@dataclass(frozen=True, slots=True)
class _Kind:
    """Nodes that are alike."""

    nodes: Sequence[Candidate]
    rate: float
    cost: float
    """Of one worker."""

    @property
    def places(self) -> int:
        return sum(node.places for node in self.nodes)

    @property
    def running(self) -> int:
        return sum(min(node.running, node.places) for node in self.nodes)


def _kinds(candidates: Sequence[Candidate]) -> list[_Kind]:
    """Those that do most for their cost first."""
    measure, found = _measure(candidates), dict[tuple[float, float, int], list[Candidate]]()
    for each in candidates:
        if each.rate > 0 and each.places > 0:
            step = round(math.log(each.rate) / SAME_RATE)
            found.setdefault((measure(each), each.watts, step), []).append(each)
    kinds = [
        _Kind(nodes, sum(each.rate for each in nodes) / len(nodes), measure(nodes[0]))
        for nodes in found.values()
    ]
    kinds.sort(key=lambda kind: (kind.cost / kind.rate, -kind.rate))
    fastest_left_out = sorted(kinds[MOST_KINDS:], key=lambda kind: -kind.rate)
    return kinds[:MOST_KINDS] + fastest_left_out[:1]


class _Search:
    """Looks at sets of workers, those with most of the best kind first, and leaves out what cannot
    be cheaper than the best that was found."""

    def __init__(self, needed: float, kinds: Sequence[_Kind], least: int, most: int) -> None:
        self._kinds = kinds
        self._least = min(least, most, sum(kind.places for kind in kinds))
        self._looked_at = 0
        self._measured: tuple[float, int, int] | None = None
        """Of the best: its cost, the workers, and how many of them do not run yet."""
        self.best: list[int] | None = None
        # Where the workers that do most do too little, so do all others.
        if self._take_fastest(needed, most):
            self._look([], needed, most, 0.0)

    def _take_fastest(self, needed: float, most: int) -> bool:
        counts = [0] * len(self._kinds)
        for at in sorted(range(len(counts)), key=lambda at: -self._kinds[at].rate):
            kind, taken = self._kinds[at], sum(counts)
            counts[at] = min(kind.places, most - taken, _enough(needed, kind, self._least - taken))
            needed -= counts[at] * kind.rate
        enough = needed <= _ROUNDING
        if enough:
            self._keep(counts)
        return enough

    def _look(self, counts: list[int], needed: float, left: int, cost: float) -> None:
        self._looked_at += 1
        missing = self._least - sum(counts)
        if needed <= _ROUNDING and missing <= 0:
            self._keep([*counts, *[0] * (len(self._kinds) - len(counts))])
            return
        if len(counts) == len(self._kinds) or self._looked_at > MOST_SETS:
            return
        kind = self._kinds[len(counts)]
        # All kinds that follow do no more for their cost.
        at_least = cost + max(0.0, needed) * kind.cost / kind.rate
        if self._measured and at_least > self._measured[0] + _ROUNDING:
            return
        for count in range(min(kind.places, left, _enough(needed, kind, missing)), -1, -1):
            rest, price = needed - count * kind.rate, cost + count * kind.cost
            self._look([*counts, count], rest, left - count, price)

    def _keep(self, counts: list[int]) -> None:
        pairs = [*zip(counts, self._kinds, strict=True)]
        cost = sum(count * kind.cost for count, kind in pairs)
        new = sum(max(0, count - kind.running) for count, kind in pairs)
        measured = (round(cost, 9), sum(counts), new)
        if self._measured is None or measured < self._measured:
            self._measured, self.best = measured, counts


def _enough(needed: float, kind: _Kind, missing: int) -> int:
    """Workers of a kind that do all that is needed, and are as many as have to be."""
    return max(0, missing, math.ceil(needed / kind.rate - _ROUNDING))


def _by_node(kinds: Sequence[_Kind], counts: Sequence[int]) -> Iterator[tuple[str, int]]:
    """Within a kind those that run stay, and others go where there are fewest."""
    for kind, count in zip(kinds, counts, strict=True):
        workers = {node.node: 0 for node in kind.nodes}
        for _ in range(count):
            room = [node for node in kind.nodes if workers[node.node] < node.places]
            best = min(
                room,
                key=lambda node: (
                    workers[node.node] >= node.running,
                    workers[node.node],
                    node.node,
                ),
            )
            workers[best.node] += 1
        yield from ((node, number) for node, number in workers.items() if number)


_ROUNDING = 1e-9
