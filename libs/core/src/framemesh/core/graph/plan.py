"""What a pipeline executes for each frame: nodes, and the edges along which items reach them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec, TilesSpec


class InvalidGraph(FramemeshError):
    """Nodes and edges that cannot be executed."""

    code = Code.INVALID
    permanent = True


@dataclass(frozen=True, slots=True)
class Node:
    """One model call of the graph."""

    id: str
    """Unique in the graph: the name of the stage."""
    stage: StageSpec
    after: tuple[str, ...] = ()
    """Ids of nodes that must be through, although it takes no boxes from them."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Where a node takes its inputs from. A node with several edges gets the inputs of all."""

    target: str
    """Id of the node."""
    source: str | None = None
    """Id of the node whose boxes are cut out of the frame; None: the whole frame."""
    labels: tuple[str, ...] = ()
    """Only boxes with one of these labels; empty: all."""
    tiles: TilesSpec | None = None
    """The whole frame comes in overlapping tiles, and what the node finds in them is merged."""
    margin: float = 0.0
    """Around each box, as a fraction of its shorter side."""


@dataclass(frozen=True, slots=True)
class GraphPlan:
    """A graph that can be executed node by node: each stands behind those that it takes from."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def __post_init__(self) -> None:
        """Raises:
        InvalidGraph: an edge leads from or to nowhere or back, or a node has none or no name of
            its own.
        """
        _check_nodes(self.nodes, self.edges)
        done: set[str] = set()
        for node in self.nodes:
            if missing := self.predecessors(node) - done:
                names = ", ".join(sorted(missing))
                raise InvalidGraph(f"{node.id} takes from {names}, which is not in front of it")
            done.add(node.id)

    @property
    def entry(self) -> Node:
        """The first node that a frame reaches; it takes the whole frame."""
        return self.nodes[0]

    def inputs(self, node: str) -> tuple[Edge, ...]:
        """The edges that lead to a node."""
        return tuple(edge for edge in self.edges if edge.target == node)

    def predecessors(self, node: Node) -> set[str]:
        """Ids of the nodes that must be through before a node begins."""
        return _predecessors(node, self.edges)

    @property
    def is_chain(self) -> bool:
        """Whether each node waits for the one in front of it, so that none can run beside it."""
        return all(before.id in self.predecessors(node) for before, node in pairwise(self.nodes))


def sorted_plan(nodes: Sequence[Node], edges: Iterable[Edge]) -> GraphPlan:
    """A plan of nodes in any order; those that may keep their order do.

    Raises:
        InvalidGraph: as `GraphPlan`, or nodes take from one another in a circle.
    """
    edges = tuple(edges)
    _check_nodes(nodes, edges)
    waiting, placed = list(nodes), list[Node]()
    while waiting:
        done = {node.id for node in placed}
        ready = next((node for node in waiting if _predecessors(node, edges) <= done), None)
        if ready is None:
            names = ", ".join(node.id for node in waiting)
            raise InvalidGraph(f"a circle: each of {names} waits for another one of them")
        waiting.remove(ready)
        placed.append(ready)
    return GraphPlan(tuple(placed), edges)


def compile_plan(spec: PipelineSpec) -> GraphPlan:
    """The plan of a pipeline: a node for each stage, in the order of the stages.

    Raises:
        InvalidGraph: the stages cannot be executed.
    """
    nodes = [Node(stage.name, stage, stage.after) for stage in spec.stages]
    return sorted_plan(nodes, [edge for stage in spec.stages for edge in _edges(stage)])


def _edges(stage: StageSpec) -> Iterator[Edge]:
    for source in stage.for_each:
        yield Edge(stage.name, source, stage.labels, margin=stage.crop_margin)
    if not stage.for_each:
        yield Edge(stage.name, None, stage.labels, stage.tiles, stage.crop_margin)


def _check_nodes(nodes: Sequence[Node], edges: Sequence[Edge]) -> None:
    if not nodes:
        raise InvalidGraph("a graph without nodes")
    known = Counter(node.id for node in nodes)
    if taken := [name for name, count in known.items() if count > 1]:
        raise InvalidGraph(f"several nodes are called {', '.join(taken)}: give each its own name")
    for node in nodes:
        if unknown := [name for name in node.after if name not in known]:
            names = ", ".join(known)
            raise InvalidGraph(f"{node.id} comes after {unknown[0]}; the nodes are {names}")
    for edge in edges:
        if edge.target not in known or (edge.source is not None and edge.source not in known):
            names = ", ".join(known)
            raise InvalidGraph(f"{edge.target} takes from {edge.source}; the nodes are {names}")
        if edge.labels and edge.source is None:
            raise InvalidGraph(f"{edge.target}: labels choose crops; the whole frame has none")
        if edge.tiles and edge.source is not None:
            raise InvalidGraph(f"{edge.target}: tiles cut the whole frame, and it takes crops")
    if unused := known.keys() - {edge.target for edge in edges}:
        raise InvalidGraph(f"nothing leads to {', '.join(sorted(unused))}: connect or remove it")
    if double := [pair for pair, count in _pairs(edges).items() if count > 1]:
        target, source = double[0]
        raise InvalidGraph(f"{target} takes twice from {source or 'the frame'}: join the labels")


def _pairs(edges: Iterable[Edge]) -> Counter[tuple[str, str | None]]:
    return Counter((edge.target, edge.source) for edge in edges)


def _predecessors(node: Node, edges: Iterable[Edge]) -> set[str]:
    sources = {edge.source for edge in edges if edge.target == node.id and edge.source is not None}
    return sources.union(node.after)
