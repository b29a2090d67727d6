"""The workers of a pipeline on nodes that are alike, and how many of them do a load."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Choice:
    """Other workers than there are."""

    replicas: int
    nodes: Mapping[str, int] = field(default_factory=dict)
    """How many on each node; empty where that does not matter."""
    note: str = ""
    """What to say of them, after what they were chosen for."""


class Workforce(Protocol):
    """Those that a pipeline should have as of now."""

    @property
    def rate(self) -> float | None:
        """Frames a second of one of them, on average; None: not known."""
        ...

    def more(self, needed: float) -> Choice | None:
        """Workers that do `needed` frames a second, or as many as there may be; None: those that
        there are do."""
        ...

    def fewer(self, needed: float) -> Choice | None:
        """Cheaper workers that do `needed` frames a second; None: there are none."""
        ...

    def exactly(self, count: int) -> Choice:
        """So many workers."""
        ...


@dataclass(frozen=True, slots=True)
class AlikeWorkers:
    """They do the same and cost the same, so all that matters is their number."""

    rate: float | None
    replicas: int
    least: int
    most: int

    def more(self, needed: float) -> Choice | None:
        if not self.rate:
            return None
        wanted = math.ceil(needed / self.rate)
        if min(self.most, wanted) <= self.replicas:
            return None
        note = f"; {wanted} are needed, {self.most} is the most" if wanted > self.most else ""
        return Choice(min(self.most, wanted), note=note)

    def fewer(self, needed: float) -> Choice | None:
        if needed and not self.rate:
            return None
        wanted = math.ceil(needed / self.rate) if self.rate else 0
        wanted = max(1, self.least, wanted)
        return Choice(wanted) if wanted < self.replicas else None

    def exactly(self, count: int) -> Choice:
        return Choice(count)
