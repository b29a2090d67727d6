"""The alternatives of a stage, from what is offered."""

import pytest

from framemesh.core.scheduling.budget.stage_alternatives import (
    reference_seconds,
    stage_alternatives,
)
from framemesh.core.scheduling.configuration import Configuration, Variant
from framemesh.core.scheduling.inflow import Inflow
from framemesh.core.scheduling.offers import Offer

MODEL = Variant("detector")


def offer(batch: int, seconds: float, *, degraded: bool = False) -> Offer:
    return Offer(Configuration("detect", MODEL, "edge", batch), 0, seconds, seconds, degraded)


def test_a_batch_is_cheaper_the_longer_its_first_input_waits_for_the_last() -> None:
    # Alone; or with three more, that come at 20 a second.
    found = stage_alternatives([offer(4, 0.04)], [0.01], [2.0], Inflow(20.0), optional=False)
    assert [each.seconds for each in found] == pytest.approx([0.05, 0.01 + 0.15 + 0.04])
    assert [each.cost for each in found] == pytest.approx([2 * 0.04, 2 * 0.04 / 4])


def test_leaving_out_is_dearer_than_less_accurate_and_that_than_anything_accurate() -> None:
    offers = [offer(1, 0.1), offer(1, 0.01, degraded=True)]
    found = stage_alternatives(offers, [0.0], [2.0], Inflow(), optional=True)
    by_cost = sorted(found, key=lambda each: each.cost)
    assert [each.seconds for each in by_cost] == [0.1, 0.01, 0.0]
    assert by_cost[1].cost > 1000 * by_cost[0].cost
    assert by_cost[2].cost > 100 * by_cost[1].cost


def test_llama_divides_by_the_latency_of_what_is_cheapest_an_input() -> None:
    offers = [offer(1, 0.02), offer(8, 0.08), offer(8, 0.01, degraded=True)]
    assert reference_seconds(offers, [1.0], Inflow(100.0)) == 0.08
    assert reference_seconds(offers, [1.0], Inflow()) == 0.02
