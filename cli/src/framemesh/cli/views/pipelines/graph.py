"""The stages of a pipeline as a tree: what each of them waits for."""

from rich.text import Text
from rich.tree import Tree

from framemesh.core.graph.plan import GraphPlan, Node, compile_plan
from framemesh.core.pipeline.spec import PipelineSpec


def graph_tree(spec: PipelineSpec) -> Tree:
    """Each stage below the last one that it waits for, with what else it waits for beside it.

    Raises:
        InvalidGraph: the stages cannot be executed.
    """
    plan = compile_plan(spec)
    tree = Tree(Text(spec.name, style="bold"))
    branches: dict[str, Tree] = {}
    for node in plan.nodes:
        parent = _parent(node, plan)
        branch = tree if parent is None else branches[parent]
        branches[node.id] = branch.add(_label(node, parent))
    return tree


def _parent(node: Node, plan: GraphPlan) -> str | None:
    before = plan.predecessors(node)
    return next((each.id for each in reversed(plan.nodes) if each.id in before), None)


def _label(node: Node, parent: str | None) -> Text:
    stage = node.stage
    version = f":{stage.model_version}" if stage.model_version else ""
    label = Text.assemble((stage.name, "bold"), f"  {stage.model}{version}")
    if stage.for_each:
        labels = f" [{', '.join(stage.labels)}]" if stage.labels else ""
        label.append(f"  for each of {', '.join(stage.for_each)}{labels}", "dim")
    if others := [name for name in stage.after if name != parent or stage.for_each]:
        label.append(f"  after {', '.join(others)}", "dim")
    elif stage.after:
        label.append("  whole frame", "dim")
    if stage.when is not None:
        label.append(f"  when {stage.when}", "dim")
    if stage.tiles:
        label.append(f"  tiles of {stage.tiles.size}", "dim")
    return label
