"""The decisions of a scheduler, with what they were about, for traces and comparisons."""

from collections import deque
from dataclasses import dataclass

from framemesh.core.scheduling.batching import Dispatch, HoldUntil
from framemesh.core.scheduling.choice import Decision
from framemesh.core.scheduling.hedging import Clone, Leave, Running
from framemesh.core.scheduling.scheduler import Call, Waiting

MOST_LOGGED = 4096
"""Decisions that are kept; the oldest are dropped for new ones. One megabyte at most."""


@dataclass(frozen=True, slots=True)
class Logged:
    """One decision. Its reason is a part of it."""

    at: float
    about: Call | Waiting | Running
    decision: Decision | Dispatch | HoldUntil | Clone | Leave


class DecisionLog:
    """The last ones. Mutable: it grows with each, up to its bound."""

    def __init__(self, most: int = MOST_LOGGED) -> None:
        """`most`: how many are kept; 0: none."""
        self._logged: deque[Logged] = deque(maxlen=most)

    def add(self, logged: Logged) -> None:
        self._logged.append(logged)

    def drain(self) -> tuple[Logged, ...]:
        """All that are kept, oldest first; they leave."""
        drained = tuple(self._logged)
        self._logged.clear()
        return drained
