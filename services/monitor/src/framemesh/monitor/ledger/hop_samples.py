"""How long frames were on each hop, from some of them."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from framemesh.core.hops import Hop, HopTimings

MAX_SAMPLES = 512

EVERY = 8
"""One of so many frames is a sample: reading its times takes some microseconds."""


@dataclass(frozen=True, slots=True)
class HopPercentiles:
    """In seconds."""

    p50: float
    p99: float


class HopSamples:
    """The last samples of one pipeline; a checkpoint has none of them."""

    def __init__(self) -> None:
        self._frames = 0
        self._samples: deque[HopTimings] = deque(maxlen=MAX_SAMPLES)

    def is_next(self) -> bool:
        """Count a frame; returns whether it is to be a sample."""
        self._frames += 1
        return self._frames % EVERY == 1

    def add(self, timings: HopTimings) -> None:
        self._samples.append(timings)

    def percentiles(self) -> Mapping[Hop, HopPercentiles]:
        """Of the hops that are known of some frame, in their order."""
        found: dict[Hop, HopPercentiles] = {}
        for hop, times in zip(Hop, zip(*self._samples, strict=True), strict=False):
            ordered = sorted(time for time in times if time is not None)
            if ordered:
                found[hop] = HopPercentiles(_at(ordered, 0.50), _at(ordered, 0.99))
        return found


def _at(ordered: list[int], fraction: float) -> float:
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))] / 1e6
