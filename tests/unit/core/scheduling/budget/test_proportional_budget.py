"""Llama's division, by hand."""

import pytest

from framemesh.core.scheduling.budget.least_time import LeastTime
from framemesh.core.scheduling.budget.proportional_budget import ProportionalBudget
from framemesh.core.scheduling.call_graph import CallGraph, CallNode

STREET = CallGraph(
    (
        CallNode("detect"),
        CallNode("faces", ("detect",)),
        CallNode("plates", ("detect",)),
        CallNode("read", ("plates",)),
    )
)
SECONDS = {"detect": 0.05, "faces": 0.03, "plates": 0.1, "read": 0.05}


def test_a_share_is_the_least_over_all_suffixes() -> None:
    budget = ProportionalBudget(STREET, SECONDS)
    # By faces 400 * 50 / 80 = 250 ms, by plates and read 400 * 50 / 200 = 100 ms.
    assert budget.share("detect", 0.4) == pytest.approx(0.1)
    by_suffix = [
        0.4 * SECONDS["detect"] / sum(SECONDS[name] for name in suffix)
        for suffix in STREET.suffixes("detect")
    ]
    assert budget.share("detect", 0.4) == pytest.approx(min(by_suffix))


def test_what_one_call_took_less_or_more_is_shared_by_those_that_follow() -> None:
    budget = ProportionalBudget(STREET, SECONDS)
    assert budget.share("plates", 0.4 - 0.08) == pytest.approx(0.32 * 100 / 150)
    assert budget.share("read", 0.07) == pytest.approx(0.07)


def test_of_no_time_there_is_no_share() -> None:
    assert ProportionalBudget(STREET, SECONDS).share("detect", -0.1) == 0


def test_the_least_time_behind_a_call_leaves_optional_stages_out() -> None:
    graph = CallGraph(
        (
            CallNode("detect"),
            CallNode("blur", ("detect",), optional=True),
            CallNode("plates", ("blur",)),
        )
    )
    least = LeastTime(graph, {"detect": 0.05, "blur": 0.2, "plates": 0.1})
    assert least.behind("detect") == pytest.approx(0.1)
    assert least.behind("blur") == pytest.approx(0.1)
    assert least.behind("plates") == 0
