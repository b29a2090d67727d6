"""The workers of a pipeline on nodes of unlike speed or price, and which others do a load."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from framemesh.master.scaling.cheapest import Candidate, cheapest, cost_of, fastest, rate_of
from framemesh.master.scaling.workforce import Choice

WORTH_IT = 0.15
"""Workers that run are replaced only where others cost less by this part."""

MOST_NAMED = 4
"""Nodes that a reason names; a line for a person has an end."""


@dataclass(frozen=True, slots=True)
class UnlikeWorkers:
    """Chosen by what they do and cost.

    A kind of node that was never tried gets one worker when more are needed, counted as fast as
    the others are on average: what it is worth is known afterwards, and it goes if that is little.
    """

    candidates: Sequence[Candidate]
    """Every node that takes a worker, and those that have some; `running` is what is there now."""
    least: int
    most: int

    @property
    def _running(self) -> dict[str, int]:
        return {each.node: each.running for each in self.candidates if each.running}

    @property
    def rate(self) -> float | None:
        count = sum(self._running.values())
        return rate_of(self._running, self.candidates) / count if count else None

    def more(self, needed: float) -> Choice | None:
        """See Workforce. The cheapest are added to those that there are; others take their place
        only where there may be no more, as frames wait meanwhile."""
        running = self._running
        if rate_of(running, self.candidates) >= needed:
            return None
        chosen = (
            self._added(needed, _sum(running, self._trial()))
            or self._set(self._open, needed)
            or self._most()
        )
        if rate_of(chosen, self.candidates) <= rate_of(running, self.candidates):
            return None
        return self._choice(chosen)

    def fewer(self, needed: float) -> Choice | None:
        """See Workforce. Some of those that there are go, unless others in place of them are
        cheaper by far."""
        left = self._set([replace(each, places=each.running) for each in self._open], needed)
        free = self._set(self._open, needed)
        before = self._running if left is None else left
        cheaper = free and self._cost(free) < (1 - WORTH_IT) * self._cost(before)
        chosen = free if free and cheaper else before
        return None if chosen == self._running else self._choice(chosen)

    def exactly(self, count: int) -> Choice:
        """See Workforce. Of those that there are the fastest stay."""
        running = self._running
        if count <= sum(running.values()):
            left = [replace(each, places=each.running) for each in self.candidates]
            return self._choice(fastest(left, count))
        missing = count - sum(running.values())
        added = cheapest(0.0, self._free, least=missing, most=missing)
        return self._choice(_sum(running, added or {}))

    @property
    def _open(self) -> list[Candidate]:
        return [
            each if each.tried else replace(each, places=min(each.places, max(1, each.running)))
            for each in self.candidates
        ]

    @property
    def _free(self) -> list[Candidate]:
        """Places beside those that run."""
        return [replace(each, places=each.places - each.running, running=0) for each in self._open]

    def _set(self, candidates: Sequence[Candidate], needed: float) -> dict[str, int] | None:
        return cheapest(needed, candidates, least=max(1, self.least), most=self.most)

    def _added(self, needed: float, first: Mapping[str, int]) -> dict[str, int] | None:
        """`first`, with the cheapest in addition; None: that is not enough."""
        missing = needed - rate_of(first, self.candidates)
        room = self.most - sum(first.values())
        if missing <= 0 and room >= 0:
            return dict(first)
        free = [
            replace(each, places=each.places - first.get(each.node, 0), running=0)
            for each in self._open
        ]
        new = cheapest(missing, free, least=0, most=room) if room > 0 else None
        return None if new is None else _sum(first, new)

    def _trial(self) -> dict[str, int]:
        """One worker on the cheapest node of a kind that was never tried; empty: there is none."""
        untried = [
            each for each in self.candidates if not each.tried and each.places and not each.running
        ]
        first = min(untried, key=lambda each: (each.price, each.watts, each.node), default=None)
        return {} if first is None else {first.node: 1}

    def _most(self) -> dict[str, int]:
        """As many, and as fast ones, as there may be."""
        running = self._running
        added = _sum(running, fastest(self._free, self.most - sum(running.values())))
        best = fastest(self._open, self.most)
        gain = rate_of(best, self.candidates) - rate_of(added, self.candidates)
        return best if gain > WORTH_IT * rate_of(added, self.candidates) else added

    def _cost(self, workers: Mapping[str, int]) -> float:
        return cost_of(workers, self.candidates)

    def _choice(self, workers: Mapping[str, int]) -> Choice:
        return Choice(sum(workers.values()), workers, f"; {', '.join(self._told(workers))}")

    def _told(self, workers: Mapping[str, int]) -> Iterator[str]:
        """What is where, and why: `2 on east (12.5/s at 0.10 an hour)`."""
        named = [each for each in self.candidates if each.node in workers or each.running]
        for each in named[:MOST_NAMED]:
            yield f"{workers.get(each.node, 0)} on {each.node} ({_figures(each)})"
        if len(named) > MOST_NAMED:
            others = sum(workers.get(each.node, 0) for each in named[MOST_NAMED:])
            yield f"{others} on {len(named) - MOST_NAMED} more nodes"


def _figures(each: Candidate) -> str:
    rate = f"{each.rate:.1f}/s" if each.tried else "not tried yet,"
    if each.price:
        return f"{rate} at {each.price:.3g} an hour"
    return f"{rate} at {each.watts:.3g} W" if each.watts else rate.rstrip(",")


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {node: one.get(node, 0) + other.get(node, 0) for node in {**one, **other}}
