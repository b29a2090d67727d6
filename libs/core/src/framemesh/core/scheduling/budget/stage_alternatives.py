"""The alternatives of a stage for a budget, from what is offered and how fast inputs come."""

from collections.abc import Iterable, Sequence

from framemesh.core.scheduling.budget.alternative import Alternative
from framemesh.core.scheduling.inflow import Inflow
from framemesh.core.scheduling.offers import Offer

SKIPPED, DEGRADED = 1e9, 1e6
"""What leaving out an optional stage, or a variant that is not accurate enough, costs in a budget:
so many times what is dearest, so that both are for frames that would be late otherwise."""


def stage_alternatives(
    offers: Iterable[Offer],
    waits: Sequence[float],
    costs: Sequence[float],
    inflow: Inflow,
    *,
    optional: bool,
) -> list[Alternative]:
    """For each offer its seconds with all waiting, and the cost of an input.

    Args:
        waits, costs: of each backend, by its place: seconds, and the cost of one second.
        optional: it can be left out.
    """
    plain, degraded = list[Alternative](), list[Alternative]()
    for offer in offers:
        for filling in inflow.fillings(offer.configuration.batch, inflow.together):
            seconds = waits[offer.backend] + filling.seconds + offer.seconds
            cost = costs[offer.backend] * offer.mean / filling.inputs
            (degraded if offer.degraded else plain).append(Alternative(seconds, cost))
    dearest = max(each.cost for each in (*plain, *degraded))
    plain += [Alternative(each.seconds, each.cost + DEGRADED * dearest) for each in degraded]
    if optional:
        plain.append(Alternative(0.0, SKIPPED * dearest))
    return plain


def reference_seconds(offers: Iterable[Offer], costs: Sequence[float], inflow: Inflow) -> float:
    """What Llama divides in proportion to: the seconds of the offer that costs least an input."""

    def rank(offer: Offer) -> tuple[bool, float, float]:
        fullest = inflow.fillings(offer.configuration.batch, inflow.together)[-1]
        return offer.degraded, costs[offer.backend] * offer.mean / fullest.inputs, offer.seconds

    return min(offers, key=rank).seconds
