"""Rates that are learned of each camera."""

import pytest

from framemesh.core.scheduling.branch_rates import BranchRates
from framemesh.core.scheduling.call_graph import CallGraph, CallNode

GRAPH = CallGraph((CallNode("detect"), CallNode("faces", ("detect",))))
EDGE = ("detect", "faces")


def observe(rates: BranchRates, camera: str, calls: int, times: int) -> None:
    for _ in range(times):
        rates.observe(camera, "detect", "faces", calls)


def test_before_calls_were_seen_what_was_declared_holds() -> None:
    assert BranchRates(GRAPH).rates() == {EDGE: 1.0}
    assert BranchRates(GRAPH, {EDGE: 2.5}).rates("yard") == {EDGE: 2.5}


def test_each_camera_has_its_own_and_others_that_of_the_pipeline() -> None:
    rates = BranchRates(GRAPH)
    observe(rates, "yard", 0, 20)
    observe(rates, "gate", 8, 20)
    assert rates.rates("yard")[EDGE] == pytest.approx(0)
    assert rates.rates("gate")[EDGE] == pytest.approx(8)
    assert 0 < rates.rates()[EDGE] < 8
    assert rates.rates("new") == rates.rates()


def test_a_camera_of_which_little_was_seen_is_between_its_own_and_the_pipelines() -> None:
    rates = BranchRates(GRAPH)
    observe(rates, "yard", 2, 100)
    observe(rates, "gate", 12, 5)
    pipeline = rates.rates()[EDGE]
    assert rates.rates("gate")[EDGE] == pytest.approx(pipeline + 5 / 20 * (12 - pipeline))


def test_a_street_that_changes_is_followed() -> None:
    rates = BranchRates(GRAPH)
    observe(rates, "yard", 0, 200)
    observe(rates, "yard", 10, 60)
    assert rates.rates("yard")[EDGE] == pytest.approx(10, rel=0.06)


def test_only_the_cameras_that_were_seen_last_are_kept() -> None:
    rates = BranchRates(GRAPH, cameras=2)
    observe(rates, "a", 9, 20)
    observe(rates, "b", 9, 20)
    observe(rates, "a", 9, 1)
    observe(rates, "c", 0, 20)
    assert len(rates) == 2
    assert rates.rates("a")[EDGE] == pytest.approx(9)
    assert rates.rates("b") == rates.rates()


def test_an_edge_that_is_not_in_the_graph_counts_for_nothing() -> None:
    rates = BranchRates(GRAPH)
    rates.observe("yard", "detect", "plates", 3)
    assert rates.rates("yard") == {EDGE: 1.0}
    assert len(rates) == 0
