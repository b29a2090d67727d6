"""How many frames a second a pipeline can take, from the derivative of its backlog."""

from dataclasses import dataclass, replace

WAIT_SECONDS = 1.0
"""A backlog that is worked off within this is none: batches come and go."""

CATCH_UP_SECONDS = 20.0
"""In which what waits should be worked off."""

GROWING = 1.05
"""Arrivals over departures: less is chance."""

LATE = 0.5
"""Of the age at which frames expire. Those that expire leave the backlog, and look like work."""

FULL = 0.5
"""Of a buffer: from there on cameras are asked for smaller images, too, and for fewer even where
nobody works any off."""

LOOKS = 2
"""In a row that find too much before anything is asked for: workers start, and batches come."""

LEAST = 0.1
"""Of what cameras would send: they are never asked to stop."""

LOWEST_RATE = 0.1
"""Frames a second, likewise: from nothing no rate would grow again."""

RECOVERY = 1.3
"""What is allowed grows by this with each look that finds nothing waiting: tenfold in 18 s."""

LOWEST_QUALITY = 0.5
QUALITY_STEPS = 20
"""A finer quality would be a message with each look."""


@dataclass(frozen=True, slots=True)
class Load:
    """Of a pipeline's buffer, between two looks at it."""

    arriving: float
    """Frames a second."""
    departing: float
    backlog: int
    """Frames, also those that workers have and have not acknowledged."""
    full: float
    """Share of its bytes, 0 to 1."""
    max_age_seconds: float | None = None
    """At which its frames expire."""

    @property
    def waits(self) -> bool:
        """Whether frames wait for longer than those of a batch do."""
        return self.backlog > WAIT_SECONDS * self.departing

    @property
    def is_too_much(self) -> bool:
        if not self.waits:
            return False
        expiring = self.max_age_seconds
        if expiring is not None and self.backlog > LATE * expiring * self.departing > 0:
            return True
        growing = self.arriving > GROWING * self.departing > 0
        return growing or self.full >= FULL


@dataclass(frozen=True, slots=True)
class Allowance:
    """What all cameras of a pipeline together should send."""

    frames_per_second: float | None = None
    """None: as many as they like."""
    quality: float = 1.0
    demand: float = 0.0
    """The highest rate of arrivals while that was too much."""
    looks: int = 0
    """In a row that found too much."""

    def after(self, load: Load) -> "Allowance":
        """What follows from a look at the buffer."""
        now = replace(self, quality=_quality(load.full), looks=0)
        if load.is_too_much:
            return replace(now, looks=self.looks + 1).pressed(load)
        allowed = self.frames_per_second
        if allowed is None or load.waits:
            return now
        # Nobody knows whether they would send as much again: that shows once they may.
        is_over = RECOVERY * allowed > self.demand
        return (
            Allowance(quality=now.quality)
            if is_over
            else replace(now, frames_per_second=RECOVERY * allowed)
        )

    def pressed(self, load: Load) -> "Allowance":
        """What follows from one that found too much."""
        demand = max(self.demand, load.arriving)
        allowed = self.frames_per_second
        if self.looks >= LOOKS:
            # Half, where nothing is worked off: how much may be, nobody knows.
            lasting = load.departing or load.arriving / 2
            wanted = max(LOWEST_RATE, LEAST * demand, lasting - load.backlog / CATCH_UP_SECONDS)
            allowed = wanted if allowed is None else min(wanted, allowed)
        return replace(self, frames_per_second=allowed, demand=demand)


def _quality(full: float) -> float:
    over = max(0.0, min(1.0, (full - FULL) / (1 - FULL)))
    return round((1 - over * (1 - LOWEST_QUALITY)) * QUALITY_STEPS) / QUALITY_STEPS


def fair_cap(rates: list[float], total: float) -> float:
    """The rate that nobody may exceed, so that all together send `total`: who sends less keeps
    what it sends, and the others share the rest evenly. Infinite, where all of them fit."""
    left = total
    for position, rate in enumerate(sorted(rates)):
        share = left / (len(rates) - position)
        if rate > share:
            return share
        left -= rate
    return float("inf")
