"""One way to spend time on a stage."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Alternative:
    """A configuration, as far as a budget is concerned."""

    seconds: float
    """That a call takes, with what it waits for the others of its batch."""
    cost: float
    """Of a call."""


def frontier(alternatives: Iterable[Alternative]) -> list[Alternative]:
    """Those that no other is both as fast and as cheap as: the cheapest first, then always faster
    and dearer."""
    kept = list[Alternative]()
    for each in sorted(alternatives, key=lambda each: (each.cost, each.seconds)):
        if not kept or each.seconds < kept[-1].seconds:
            kept.append(each)
    return kept
