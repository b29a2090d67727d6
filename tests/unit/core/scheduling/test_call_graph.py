"""Who follows whom, how deep, and how often."""

import pytest

from framemesh.core.scheduling.call_graph import CallGraph, CallNode, InvalidCallGraph

STREET = CallGraph(
    (
        CallNode("detect"),
        CallNode("faces", ("detect",)),
        CallNode("plates", ("detect",)),
        CallNode("read", ("plates",)),
    )
)
JOINED = CallGraph(
    (
        CallNode("detect"),
        CallNode("faces", ("detect",)),
        CallNode("plates", ("detect",)),
        CallNode("describe", ("faces", "plates")),
        CallNode("report", ("faces", "plates"), once=True),
    )
)


def test_depth_is_that_of_the_longest_way_from_the_frame() -> None:
    graph = CallGraph((CallNode("a"), CallNode("b", ("a",)), CallNode("c", ("a", "b"))))
    assert [graph.depth(name) for name in "abc"] == [0, 1, 2]


def test_suffixes_are_all_paths_to_a_last_call() -> None:
    assert set(STREET.suffixes("detect")) == {
        ("detect", "faces"),
        ("detect", "plates", "read"),
    }
    assert list(STREET.suffixes("read")) == [("read",)]
    assert len(list(JOINED.suffixes("detect"))) == 4


def test_the_longest_suffix_counts_the_slower_branch() -> None:
    seconds = {"detect": 0.05, "faces": 0.03, "plates": 0.1, "read": 0.05}
    longest = STREET.longest_suffixes(seconds)
    assert longest == pytest.approx({"detect": 0.2, "faces": 0.03, "plates": 0.15, "read": 0.05})


def test_expected_calls_multiply_along_a_path() -> None:
    rates = {("detect", "faces"): 3.0, ("detect", "plates"): 0.5, ("plates", "read"): 0.8}
    assert STREET.expected_calls(rates) == pytest.approx(
        {"detect": 1, "faces": 3, "plates": 0.5, "read": 0.4}
    )


def test_what_is_called_for_each_item_adds_up_and_what_is_called_once_is_not_called_twice() -> None:
    rates = {
        ("detect", "faces"): 3.0,
        ("detect", "plates"): 0.5,
        ("plates", "describe"): 2.0,
        ("faces", "report"): 0.1,
        ("plates", "report"): 0.8,
    }
    expected = JOINED.expected_calls(rates)
    assert expected["describe"] == pytest.approx(3 * 1 + 0.5 * 2)
    # Not called only if neither branch leads to it: 0.7 * 0.6.
    assert expected["report"] == pytest.approx(1 - 0.7 * 0.6)


def test_what_is_left_at_a_call_is_it_and_what_follows() -> None:
    left = JOINED.subgraph("faces")
    assert [node.name for node in left.nodes] == ["faces", "describe", "report"]
    assert left.node("describe").parents == ("faces",)
    assert left.node("report").once
    assert left.expected_calls({("faces", "describe"): 2.0})["describe"] == 2
    assert JOINED.has_join
    assert not left.has_join


def test_children_are_those_that_name_it_as_a_parent() -> None:
    assert list(JOINED.children("faces")) == ["describe", "report"]
    assert list(JOINED.children("report")) == []


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        ((), "without nodes"),
        ((CallNode("a"), CallNode("a")), "several nodes are called a"),
        ((CallNode("b", ("a",)), CallNode("a")), "b follows a: put that in front"),
        ((CallNode("a"), CallNode("b", ("a", "a"))), "names a parent twice"),
    ],
)
def test_what_cannot_be_called_in_order_is_refused(nodes: tuple[CallNode, ...], told: str) -> None:
    with pytest.raises(InvalidCallGraph, match=told):
        CallGraph(nodes)


def test_a_node_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidCallGraph, match="no node cars; the nodes are detect, faces"):
        STREET.node("cars")
