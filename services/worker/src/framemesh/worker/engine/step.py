"""One node of a plan, with what decides whether it runs on a frame, and on what of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from framemesh.core.graph.plan import Edge, GraphPlan, Node
from framemesh.core.pipeline.zones import ZoneSpec


@dataclass(frozen=True, slots=True)
class Step:
    """What is executed of a plan at once."""

    node: Node
    edges: tuple[Edge, ...]
    """That lead to it."""
    waits_for: frozenset[str]
    """Nodes that are through before it begins."""
    zones: Mapping[str, ZoneSpec] = field(default_factory=dict)
    """Those of the pipeline, by name."""

    @property
    def takes_boxes(self) -> bool:
        """Whether it runs once for each box, and not for the whole frame."""
        return self.edges[0].source is not None


def steps(plan: GraphPlan, zones: Mapping[str, ZoneSpec]) -> list[Step]:
    """The nodes of a plan, in its order."""
    return [
        Step(node, plan.inputs(node.id), frozenset(plan.predecessors(node)), zones)
        for node in plan.nodes
    ]
