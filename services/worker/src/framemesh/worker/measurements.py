"""What a worker measures of the frames that it completes."""

from framemesh.core.clock import NANO
from framemesh.core.hops import Hop
from framemesh.core.metrics.frames import FRAME_AGE, FRAME_HOP, FRAME_OUTCOMES
from framemesh.core.outcome import Fate, Outcome
from framemesh.runtime.metrics.instruments import Counter
from framemesh.runtime.metrics.meter import Meter

MICRO = 1e-6


class FrameMeasurements:
    """Of one pipeline. A frame takes 3 us."""

    def __init__(self, meter: Meter, pipeline: str) -> None:
        self._meter = meter
        self._pipeline = pipeline
        self._age = meter.histogram(FRAME_AGE, pipeline)
        self._hops = [meter.histogram(FRAME_HOP, pipeline, hop.value) for hop in Hop]
        self._outcomes: dict[tuple[Fate, str], Counter] = {}

    def completed(self, outcome: Outcome) -> None:
        """An outcome is stored, and is the first of its frame."""
        self._counter(outcome.fate, outcome.reason).add()
        for histogram, micros in zip(self._hops, outcome.timings, strict=True):
            if micros is not None:
                histogram.observe(micros * MICRO)
        if outcome.fate is Fate.DONE:
            self._age.observe((outcome.completed_unix_nano - outcome.captured_unix_nano) / NANO)

    def _counter(self, fate: Fate, reason: str) -> Counter:
        # Of few reasons: they are words in the code of the worker.
        counter = self._outcomes.get((fate, reason))
        if counter is None:
            counter = self._meter.counter(FRAME_OUTCOMES, self._pipeline, fate.value, reason)
            self._outcomes[fate, reason] = counter
        return counter
