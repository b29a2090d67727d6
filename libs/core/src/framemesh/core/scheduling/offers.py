"""The configurations of a stage, in an order in which the cheapest in time is found at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from framemesh.core.scheduling.configuration import Configuration
from framemesh.core.scheduling.inflow import Inflow


@dataclass(frozen=True, slots=True)
class Offer:
    """One configuration, with what is known of it."""

    configuration: Configuration
    backend: int
    """Its place in the list of backends."""
    seconds: float
    """That are exceeded seldom: the quantile that decides whether it is in time."""
    mean: float
    """Seconds that it takes on average: what is paid for."""
    degraded: bool = False
    """Whether its variant is less accurate than the stage asks for."""


@dataclass(frozen=True, slots=True)
class Priced:
    """An offer, with as many inputs in its batch as there are or as are waited for."""

    offer: Offer
    seconds: float
    """With what a batch waits to become as full as that."""
    per_item: float
    """Seconds of the backend for each input that goes along: a batch is paid for as a whole."""


class Frontier:
    """The offers on one backend that no other there beats in both time and cost. Frozen in effect.

    Sorted by cost, those that are accurate enough in front; each is faster than all before it. So
    the first that is in time is the best, and it is found by bisection.
    """

    __slots__ = ("negative_seconds", "priced")

    def __init__(self, priced: Iterable[Priced]) -> None:
        kept = list[Priced]()
        for each in sorted(priced, key=_by_cost):
            if not kept or each.seconds < kept[-1].seconds:
                kept.append(each)
        self.priced: Sequence[Priced] = kept
        self.negative_seconds: Sequence[float] = [-each.seconds for each in kept]


class ItemOffers:
    """The offers of a stage where some inputs wait already, by backend. Frozen in effect."""

    __slots__ = ("by_configuration", "frontiers")

    def __init__(
        self, offers: Iterable[Offer], waiting: int, backends: int, inflow: Inflow | None = None
    ) -> None:
        """
        Args:
            waiting: inputs that can go together now, at least 1.
            backends: how many there are.
            inflow: of those that come later; None: none do.
        """
        inflow = inflow or Inflow()
        self.by_configuration: dict[Configuration, list[Priced]] = {}
        by_backend: list[list[Priced]] = [[] for _ in range(backends)]
        for offer in offers:
            priced = [
                Priced(offer, offer.seconds + filling.seconds, offer.mean / filling.inputs)
                for filling in inflow.fillings(offer.configuration.batch, waiting)
            ]
            self.by_configuration[offer.configuration] = priced
            by_backend[offer.backend] += priced
        self.frontiers = tuple(map(Frontier, by_backend))


def _by_cost(priced: Priced) -> tuple[bool, float, float]:
    return (priced.offer.degraded, priced.per_item, priced.seconds)
