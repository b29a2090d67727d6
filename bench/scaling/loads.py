"""The loads: frames a second over time, and when each frame comes."""

import math
import random
from collections.abc import Callable, Iterator, Mapping

Load = Callable[[float], float]
"""Frames a second at a time in seconds."""

SECONDS = 75.0
"""Of each load. A day is compressed into as much."""

QUIET, BUSY = 8.0, 60.0
PEAK = 80.0


def step(at: float) -> float:
    return BUSY if 15 <= at < 50 else QUIET


def ramp(at: float) -> float:
    return min(PEAK, 5 + (PEAK - 5) * at / 55)


def burst(at: float) -> float:
    return 70.0 if 15 <= at < 21 or 45 <= at < 51 else QUIET


def day(at: float) -> float:
    """Little at both ends, most in the middle."""
    return (PEAK + QUIET) / 2 - (PEAK - QUIET) / 2 * math.cos(2 * math.pi * at / SECONDS)


LOADS: Mapping[str, Load] = {"step": step, "ramp": ramp, "burst": burst, "day": day}


def arrivals(load: Load, seed: int = 1) -> Iterator[float]:
    """When frames come, at random (a Poisson process), the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311
    at = 0.0
    while True:
        at += dice.expovariate(PEAK)
        if at >= SECONDS:
            return
        # Thinning: each of the arrivals at the highest rate is kept as often as the load says.
        if dice.random() < load(at) / PEAK:
            yield at
