"""What can be executed, and in which order; what cannot is refused with the node's name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.graph.item import ItemId
from framemesh.core.graph.plan import (
    Edge,
    GraphPlan,
    InvalidGraph,
    Node,
    compile_plan,
    sorted_plan,
)
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec


def node(name: str) -> Node:
    return Node(name, StageSpec(name, "model"))


def names(plan: GraphPlan) -> list[str]:
    return [one.id for one in plan.nodes]


def test_a_pipeline_becomes_a_node_and_an_edge_for_each_stage() -> None:
    stages = (
        StageSpec("things", "fastestdet"),
        StageSpec("faces", "face"),
        StageSpec("heads", "face", for_each=("things",), labels=("person",)),
    )
    plan = compile_plan(PipelineSpec("street", stages))
    assert plan.nodes == tuple(Node(stage.name, stage) for stage in stages)
    assert plan.edges == (Edge("things"), Edge("faces"), Edge("heads", "things", ("person",)))
    assert plan.entry.id == "things"
    assert plan.inputs("heads") == (Edge("heads", "things", ("person",)),)


def test_nodes_are_put_behind_those_that_they_take_from() -> None:
    edges = [Edge("d", "b"), Edge("d", "c"), Edge("b", "a"), Edge("c", "a"), Edge("a")]
    plan = sorted_plan([node("d"), node("c"), node("b"), node("a")], edges)
    assert names(plan) == ["a", "c", "b", "d"]
    assert plan.inputs("d") == (Edge("d", "b"), Edge("d", "c"))


@given(st.data())
def test_any_graph_without_a_circle_is_sorted_and_those_in_order_stay(data: st.DataObject) -> None:
    nodes = [node(f"n{number}") for number in range(data.draw(st.integers(1, 7)))]
    edges = [Edge(nodes[0].id)]
    for number in range(1, len(nodes)):
        sources = data.draw(st.sets(st.sampled_from([None, *range(number)]), min_size=1))
        edges += [Edge(nodes[number].id, None if at is None else nodes[at].id) for at in sources]
    assert sorted_plan(nodes, edges).nodes == tuple(nodes)
    shuffled = sorted_plan(data.draw(st.permutations(nodes)), edges)
    assert set(shuffled.nodes) == set(nodes)


@pytest.mark.parametrize(
    ("nodes", "edges", "message"),
    [
        ("", [], "a graph without nodes"),
        ("aa", [Edge("a")], "several nodes are called a"),
        ("ab", [Edge("a"), Edge("b", "c")], "b takes from c; the nodes are a, b"),
        ("a", [Edge("a"), Edge("b")], "b takes from None; the nodes are a"),
        ("ab", [Edge("a")], "nothing leads to b"),
        ("abc", [Edge("a"), Edge("b", "c"), Edge("c", "b")], "a circle: each of b, c waits"),
        ("ab", [Edge("a"), Edge("b", "b")], "a circle: each of b waits"),
        ("a", [Edge("a", None, ("cat",))], "a: labels choose crops"),
        ("ab", [Edge("a"), Edge("b", "a", ("x",)), Edge("b", "a")], "b takes twice from a"),
        ("a", [Edge("a"), Edge("a")], "a takes twice from the frame"),
    ],
)
def test_what_cannot_be_executed_is_refused(nodes: str, edges: list[Edge], message: str) -> None:
    with pytest.raises(InvalidGraph, match=message):
        sorted_plan([node(name) for name in nodes], edges)


def test_a_plan_that_is_not_in_order_is_refused() -> None:
    with pytest.raises(InvalidGraph, match="b takes from a, which is not in front of it"):
        GraphPlan((node("b"), node("a")), (Edge("a"), Edge("b", "a")))


def test_an_item_is_called_after_its_node_and_ordinal() -> None:
    assert str(ItemId("people", 3)) == "people/3"
