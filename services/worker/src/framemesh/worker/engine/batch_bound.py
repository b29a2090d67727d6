"""How many inputs a request is worth having, learned from what requests cost."""

from collections.abc import Mapping
from dataclasses import dataclass

LEAST_EXECUTIONS = 20.0
"""Of a size, until its cost is believed."""

MEMORY = 0.9
"""What is left of earlier executions when new ones are learned: a size that is not used any more
is forgotten after some 20 times, and tried again."""

WORTH = 1.05
"""An input in a larger batch may cost so many times as much as in the cheapest: larger ones cost
less of everything that is there once a request."""


@dataclass(frozen=True, slots=True)
class BatchCost:
    """Of all requests of one size."""

    executions: float
    seconds: float
    """That the model took for all of them together."""


NOTHING = BatchCost(0.0, 0.0)


class BatchBound:
    """Of one model. Up to some size an input costs less the more there are in its request; beyond
    it more, where they do not fit into a processor's caches."""

    def __init__(self, largest: int) -> None:
        """`largest`: that the model takes."""
        self._largest = largest
        self._costs: dict[int, BatchCost] = {}
        self.now = largest
        """Inputs in a request at most."""

    def learn(self, costs: Mapping[int, BatchCost]) -> None:
        """Take note of what was executed since the last time, by size."""
        for size in {*self._costs, *costs}:
            before, new = self._costs.get(size, NOTHING), costs.get(size, NOTHING)
            self._costs[size] = BatchCost(
                MEMORY * before.executions + new.executions,
                MEMORY * before.seconds + new.seconds,
            )
        each = {
            size: cost.seconds / cost.executions / size
            for size, cost in self._costs.items()
            if cost.executions >= LEAST_EXECUTIONS
        }
        if not each:
            return
        cheapest = min(each.values())
        best = max(size for size, cost in each.items() if cost <= WORTH * cheapest)
        # Where none that is larger is known to cost more, one of them may cost less.
        self.now = best if best < max(each) else min(self._largest, 2 * best)
