"""In proportion to how long each call takes: Llama's way (arXiv 2102.01887)."""

from collections.abc import Mapping

from framemesh.core.scheduling.call_graph import CallGraph


class ProportionalBudget:
    """SLACK(o) = min over suffixes s of o: remaining * L(o) / sum of L(k) over k in s.

    Frozen in effect: made anew when latencies changed, from the latency of each node's cheapest
    configuration. The least is that of the suffix which takes longest.
    """

    def __init__(self, graph: CallGraph, seconds: Mapping[str, float]) -> None:
        """`seconds`: of each node, in its configuration that costs least an item."""
        longest = graph.longest_suffixes(seconds)
        self._parts = {
            name: seconds[name] / longest[name] if longest[name] > 0.0 else 1.0 for name in longest
        }

    def share(self, node: str, remaining: float) -> float:
        return max(0.0, remaining) * self._parts[node]
