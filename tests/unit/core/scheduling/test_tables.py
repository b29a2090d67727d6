"""When what is looked up is made anew, and from what."""

import pytest

from framemesh.core.scheduling.backend import Backend
from framemesh.core.scheduling.call_graph import CallGraph, CallNode
from framemesh.core.scheduling.configuration import Configuration, Variant
from framemesh.core.scheduling.cost import Objective
from framemesh.core.scheduling.knowledge import Knowledge
from framemesh.core.scheduling.latency.latency import LatencyPrior
from framemesh.core.scheduling.options import SchedulerOptions
from framemesh.core.scheduling.tables import LONGEST_SECONDS, SHORTEST_SECONDS, Tables

CHAIN = CallGraph((CallNode("detect"), CallNode("read", ("detect",), item_bytes=10_000)))
MODEL = Variant("any")
EDGE = Backend("edge", price_per_hour=0.36, idle_watts=90, max_watts=100)
CLOUD = Backend(
    "cloud", price_per_hour=3.6, idle_watts=20, max_watts=40, rtt=0.02, seconds_per_byte=1e-6
)
SECONDS = {"edge": 0.1, "cloud": 0.02}
CONFIGURATIONS = {
    (stage, name): Configuration(stage, MODEL, name, 1)
    for stage in ("detect", "read")
    for name in SECONDS
}


def made(
    options: SchedulerOptions | None = None, objective: float = 0.5
) -> tuple[Knowledge, Tables]:
    profile = {
        each: LatencyPrior(SECONDS[name], SECONDS[name])
        for (_, name), each in CONFIGURATIONS.items()
    }
    knowledge = Knowledge(CHAIN, [EDGE, CLOUD], profile)
    tables = Tables(knowledge, options or SchedulerOptions(), objective)
    tables.refresh(0.0)
    return knowledge, tables


def observe(
    knowledge: Knowledge, tables: Tables, seconds: float, now: float, times: int = 1
) -> None:
    edge = CONFIGURATIONS["detect", "edge"]
    for _ in range(times):
        knowledge.took(edge, 1, seconds, now)
        tables.observed(edge, now)


def edge_seconds(tables: Tables) -> float:
    return tables.offers("detect", 1).frontiers[0].priced[0].seconds


def test_a_latency_that_changed_much_is_in_the_tables_half_a_second_later() -> None:
    knowledge, tables = made()
    observe(knowledge, tables, 0.2, now=0.1, times=30)
    tables.refresh(SHORTEST_SECONDS - 0.01)
    assert edge_seconds(tables) == pytest.approx(0.1)
    tables.refresh(SHORTEST_SECONDS)
    assert edge_seconds(tables) == pytest.approx(0.2, rel=0.01)


def test_one_that_changed_little_is_there_after_two_seconds() -> None:
    knowledge, tables = made()
    observe(knowledge, tables, 0.105, now=0.1, times=30)
    tables.refresh(LONGEST_SECONDS - 0.01)
    assert edge_seconds(tables) == pytest.approx(0.1)
    tables.refresh(LONGEST_SECONDS)
    assert edge_seconds(tables) == pytest.approx(0.105, rel=0.01)


def test_the_way_there_and_back_is_a_part_of_what_a_call_takes() -> None:
    _, tables = made()
    detect, read = (tables.offers(stage, 1).frontiers[1].priced[0] for stage in ("detect", "read"))
    assert detect.seconds == pytest.approx(0.02 + 0.02)
    assert read.seconds == pytest.approx(0.02 + 0.02 + 0.01)


def test_the_cheapest_backend_depends_on_what_is_to_be_little() -> None:
    """The edge costs a tenth for five times as long, and draws five times as much for that."""
    by_price = made(SchedulerOptions(minimise=Objective.PRICE))[1].costs(0.0)
    by_energy = made(SchedulerOptions(minimise=Objective.ENERGY))[1].costs(0.0)
    assert by_price[0] * 0.1 < by_price[1] * 0.04
    assert by_energy[0] * 0.1 > by_energy[1] * 0.04


def test_a_camera_whose_calls_fan_out_gets_a_budget_of_its_own() -> None:
    """In 170 ms one of the two calls has time for the edge: the one of which there are more."""
    knowledge, _ = made()
    for _ in range(30):
        knowledge.branched("crowd", "detect", "read", 8)
        knowledge.branched("empty", "detect", "read", 0)
    tables = Tables(knowledge, SchedulerOptions(), 0.5)
    tables.refresh(0.0)
    assert tables.allowance("detect", "crowd", 0.17) < 0.1
    assert tables.allowance("detect", "empty", 0.17) >= 0.1


def test_what_must_follow_has_its_least_time_and_what_it_waited_lately() -> None:
    knowledge, tables = made()
    assert tables.behind("detect") == pytest.approx(0.05)
    assert tables.behind("read") == 0
    for request in range(5):
        knowledge.load("cloud").sent(request, 0.04, now=0.0)
    tables.refresh(LONGEST_SECONDS)
    # What is overdue by so long is expected to take as long again: the edge is faster now.
    assert tables.behind("detect") == pytest.approx(0.1)
