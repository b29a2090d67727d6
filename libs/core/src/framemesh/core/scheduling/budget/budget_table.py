"""What the rest of a frame costs, and what its first call may take, by the time that is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from framemesh.core.scheduling.budget.alternative import Alternative

Frontiers = Mapping[str, Sequence[Alternative]]
"""Of each node, as `alternative.frontier` gives them; none is empty."""

NEVER = float("inf")
"""The cost where nothing is in time."""


@dataclass(frozen=True, slots=True)
class BudgetTable:
    """Of one node, by steps of a grid."""

    costs: Sequence[float]
    """Of a call of it and of all that follows, at least; it never rises with the time."""
    shares: Sequence[float]
    """Seconds for the call; 0 where nothing is in time."""


def shared_out(own: float, behind: float, available: float) -> float:
    """What a call that needs `own` seconds may take if those behind it need `behind`: what nobody
    needs is divided in proportion, so that each can wait a little."""
    needed = own + behind
    return own * available / needed if needed > 0.0 else available
