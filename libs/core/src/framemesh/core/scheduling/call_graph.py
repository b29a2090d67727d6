"""The stages of a pipeline as calls: who follows whom."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from framemesh.core.errors import Code, FramemeshError

Rates = Mapping[tuple[str, str], float]
"""Expected calls of a child for one call of its parent, by (parent, child): how often that branch
is taken, times how many it fans out to. 1 where there is none."""


class InvalidCallGraph(FramemeshError):
    """Nodes that cannot be called one after the other."""

    code = Code.INVALID
    permanent = True


@dataclass(frozen=True, slots=True)
class CallNode:
    """A stage whose calls are scheduled."""

    name: str
    parents: tuple[str, ...] = ()
    """None: it is called for the frame."""
    once: bool = False
    """Once for a frame if any of the parents ran; else for each item of each of them."""
    optional: bool = False
    """Left out where the frame would be late with it; the stages behind it run without."""
    item_bytes: int = 0
    """That an input has on its way to a backend."""
    least_accuracy: float | None = None
    """Variants below it are for frames that would be late with all others."""


@dataclass(frozen=True)
class CallGraph:
    """Nodes, each behind its parents."""

    nodes: tuple[CallNode, ...]

    def __post_init__(self) -> None:
        """Raises:
        InvalidCallGraph: no nodes, two of one name, or one in front of a parent of it.
        """
        if not self.nodes:
            raise InvalidCallGraph("a call graph without nodes")
        counted = Counter(node.name for node in self.nodes)
        if double := [name for name, count in counted.items() if count > 1]:
            raise InvalidCallGraph(f"several nodes are called {', '.join(double)}: rename them")
        seen = set[str]()
        for node in self.nodes:
            if missing := [parent for parent in node.parents if parent not in seen]:
                raise InvalidCallGraph(f"{node.name} follows {missing[0]}: put that in front of it")
            if len(set(node.parents)) < len(node.parents):
                raise InvalidCallGraph(f"{node.name} names a parent twice: name it once")
            seen.add(node.name)

    def node(self, name: str) -> CallNode:
        """Raises:
        InvalidCallGraph: there is none of that name.
        """
        found = self._by_name.get(name)
        if found is None:
            names = ", ".join(self._by_name)
            raise InvalidCallGraph(f"there is no node {name}; the nodes are {names}")
        return found

    def children(self, name: str) -> Sequence[str]:
        return self._children[name]

    def depth(self, name: str) -> int:
        """How many calls are in front of it at most; 0 for one that is called for the frame."""
        return self._depths[name]

    def suffixes(self, name: str) -> Iterator[tuple[str, ...]]:
        """All paths from a node to a last one, itself included. There can be many: what needs only
        the longest takes `longest_suffixes`."""
        children = self._children[name]
        if not children:
            yield (name,)
        for child in children:
            yield from ((name, *rest) for rest in self.suffixes(child))

    def subgraph(self, name: str) -> "CallGraph":
        """What is left of a frame at a call: the node and all that follow it, once each."""
        kept = {name}
        nodes = list[CallNode]()
        for node in self.nodes:
            inside = tuple(parent for parent in node.parents if parent in kept)
            if node.name == name:
                inside = ()
            elif not inside:
                continue
            kept.add(node.name)
            nodes.append(replace(node, parents=inside))
        return CallGraph(tuple(nodes))

    @cached_property
    def has_join(self) -> bool:
        """Whether a node has several parents."""
        return any(len(node.parents) > 1 for node in self.nodes)

    def expected_calls(self, rates: Rates) -> dict[str, float]:
        """Of each node, for one frame, or for one call of the first node of a `subgraph`.

        A node with `once` is called at most once; what leads to it is taken as independent.
        """
        expected = dict[str, float]()
        for node in self.nodes:
            each = [
                expected[parent] * rates.get((parent, node.name), 1.0) for parent in node.parents
            ]
            if not node.parents:
                expected[node.name] = 1.0
            elif node.once:
                expected[node.name] = _at_least_one(each)
            else:
                expected[node.name] = sum(each)
        return expected

    def longest_suffixes(self, seconds: Mapping[str, float]) -> dict[str, float]:
        """From the beginning of each node to the end of all that follow it, where each takes so
        long and they wait for nothing."""
        longest = dict[str, float]()
        for node in reversed(self.nodes):
            behind = (longest[child] for child in self._children[node.name])
            longest[node.name] = seconds[node.name] + max(behind, default=0.0)
        return longest

    @cached_property
    def _by_name(self) -> Mapping[str, CallNode]:
        return {node.name: node for node in self.nodes}

    @cached_property
    def _children(self) -> Mapping[str, Sequence[str]]:
        children: dict[str, list[str]] = {node.name: [] for node in self.nodes}
        for node in self.nodes:
            for parent in node.parents:
                children[parent].append(node.name)
        return children

    @cached_property
    def _depths(self) -> Mapping[str, int]:
        depths = dict[str, int]()
        for node in self.nodes:
            depths[node.name] = max((depths[parent] + 1 for parent in node.parents), default=0)
        return depths


def _at_least_one(expected: Sequence[float]) -> float:
    none = 1.0
    for each in expected:
        none *= 1.0 - min(1.0, each)
    return 1.0 - none
