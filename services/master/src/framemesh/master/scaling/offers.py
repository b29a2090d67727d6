"""What the nodes of the fleet have for the workers of a pipeline, and at what price."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.resources import Resources
from framemesh.master.fleet.cordons import CordonStore
from framemesh.master.fleet.node_report import NodeReport
from framemesh.master.fleet.nodes import NodeRegistry
from framemesh.master.fleet.port import FleetDriver
from framemesh.master.fleet.wanted import wanted_group
from framemesh.master.scaling.cheapest import Candidate

ALIKE = 1.3
"""Speeds that differ by less than this factor count as equal, as they do among those who share
shards."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One node that takes workers of a pipeline."""

    node: str
    places: int
    """Workers of it that the node can have, those that it has included."""
    price: float = 0.0
    """Of one worker, an hour."""
    watts: float = 0.0
    """Of one worker."""
    kind: str = ""
    """Nodes of one kind count as equally fast until more is known."""


class NodeOffers:
    """Asks the driver for places, and the nodes' agents for prices."""

    def __init__(self, driver: FleetDriver, nodes: NodeRegistry, cordons: CordonStore) -> None:
        self._driver = driver
        self._nodes = nodes
        self._cordons = cordons

    async def of(
        self, spec: PipelineSpec, revision: int, rates: Mapping[str, float]
    ) -> tuple[Offer, ...]:
        """By the name of the node; none where all nodes are alike.

        Args:
            rates: frames a second of a worker by node, as far as they are known.

        Raises:
            FramemeshError: the fleet cannot be asked.
        """
        group = wanted_group(spec, revision, spec.workers.most)
        reports = {report.name: report for report in self._nodes.reports}
        prices = {(each.price_per_hour or 0, each.watts or 0) for each in reports.values()}
        if len(prices) < 2 and alike(rates.values()):
            return ()
        places = await self._driver.places(group, self._cordons.names)
        return tuple(
            _offer(name, count, group.resources, reports.get(name))
            for name, count in sorted(places.items())
        )


def _offer(name: str, places: int, needed: Resources, report: NodeReport | None) -> Offer:
    if report is None:
        return Offer(name, places)
    share = share_of(needed, report.capacity)
    price, watts = report.price_per_hour or 0.0, report.watts or 0.0
    kind = f"{price} {watts} {report.cpus} {[gpu.name for gpu in report.gpus]}"
    return Offer(name, places, price * share, watts * share, kind)


def share_of(needed: Resources, capacity: Resources) -> float:
    """The part of a node that a worker takes, 0 to 1: the largest of what it reserves. One that
    reserves nothing takes all of it."""
    parts = [
        (needed.cpus, capacity.cpus),
        (needed.memory_bytes, capacity.memory_bytes),
        (needed.gpus, capacity.gpus),
    ]
    return min(1.0, max((part / whole for part, whole in parts if part and whole), default=1.0))


def alike(rates: Collection[float]) -> bool:
    """Whether it does not matter by which of these speeds a worker works."""
    return not rates or max(rates) < ALIKE * min(rates)


def candidates(
    offers: Sequence[Offer],
    rates: Mapping[str, float],
    running: Mapping[str, int],
    average: float | None,
) -> tuple[Candidate, ...]:
    """The nodes to choose between; none where they are alike, or nothing is known of their speed.

    Args:
        rates: frames a second of a worker by node, as far as they are known.
        running: how many workers each node has.
        average: frames a second of one worker, whatever its node.
    """
    known = {each.node: rates[each.node] for each in offers if each.node in rates}
    if known:
        average = sum(known.values()) / len(known)
    costs = {(each.price, each.watts) for each in offers}
    if not average or (len(costs) < 2 and alike(known.values())):
        return ()
    return tuple(_candidate(each, offers, known, running, average) for each in offers)


def _candidate(
    offer: Offer,
    offers: Sequence[Offer],
    known: Mapping[str, float],
    running: Mapping[str, int],
    average: float,
) -> Candidate:
    """Its own speed, or that of its kind, or the average."""
    kin = [known[each.node] for each in offers if each.kind == offer.kind and each.node in known]
    rate = known.get(offer.node) or (sum(kin) / len(kin) if kin else average)
    there = running.get(offer.node, 0)
    return Candidate(
        offer.node,
        rate,
        max(offer.places, there),
        there,
        offer.price,
        offer.watts,
        # While nothing is known of any node, all count as equally fast.
        tried=bool(kin) or not known,
    )
