"""The least that the rest of a frame takes."""

from collections.abc import Mapping

from framemesh.core.scheduling.call_graph import CallGraph


class LeastTime:
    """Sums of the least latencies along the longest suffix. Optional stages take nothing in it: a
    frame is not late for their sake. Frozen in effect."""

    def __init__(self, graph: CallGraph, fastest: Mapping[str, float]) -> None:
        """`fastest`: seconds of each node in its fastest configuration."""
        needed = {node.name: 0.0 if node.optional else fastest[node.name] for node in graph.nodes}
        longest = graph.longest_suffixes(needed)
        self._behind = {name: longest[name] - needed[name] for name in longest}

    def behind(self, node: str) -> float:
        """Seconds of what follows `node`."""
        return self._behind[node]
