"""What ingest measures."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from framemesh.core.metrics.frames import (
    FRAME_OUTCOMES,
    INGEST_BYTES,
    INGEST_CLOCK_STEPS,
    INGEST_FRAMES,
    INGEST_SESSIONS,
    INGEST_STORE,
    INGEST_THROTTLED,
    INGEST_UNACKNOWLEDGED,
)
from framemesh.core.outcome import Fate, Outcome
from framemesh.ingest.frame_validation import Reason
from framemesh.runtime.concurrency.window import Window
from framemesh.runtime.metrics.instruments import Counter, Histogram
from framemesh.runtime.metrics.meter import NO_METER, OTHER, Meter, Readings

MAX_PIPELINES = 500
"""Measured each; of more, also of those that were deleted since, the sum."""


@dataclass(slots=True)
class PipelineMeasurements:
    """Of all sessions of one pipeline."""

    accepted: Counter
    rejected: Counter
    image_bytes: Counter
    store_seconds: Histogram
    clock_steps: Counter
    throttled: Counter
    sessions: set[Window] = field(default_factory=set)
    """That are open: what bounds the unacknowledged frames of each."""

    @contextmanager
    def session(self, unacknowledged: Window) -> Iterator[None]:
        """A session is open while the context lasts."""
        self.sessions.add(unacknowledged)
        try:
            yield
        finally:
            self.sessions.remove(unacknowledged)

    @property
    def unacknowledged(self) -> int:
        """Frames that arrived, and hold credit of their cameras."""
        return sum(window.count for window in self.sessions)


@dataclass(slots=True)
class IngestMeasurements:
    """Of all pipelines whose cameras came."""

    meter: Meter = NO_METER
    _pipelines: dict[str, PipelineMeasurements] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.meter.observe(INGEST_SESSIONS, lambda: self._read(lambda of: len(of.sessions)))
        self.meter.observe(INGEST_UNACKNOWLEDGED, lambda: self._read(lambda of: of.unacknowledged))

    def of(self, pipeline: str) -> PipelineMeasurements:
        if pipeline not in self._pipelines and len(self._pipelines) >= MAX_PIPELINES:
            pipeline = OTHER
        found = self._pipelines.get(pipeline)
        if found is None:
            found = self._pipelines[pipeline] = PipelineMeasurements(
                self.meter.counter(INGEST_FRAMES, pipeline, "accepted"),
                self.meter.counter(INGEST_FRAMES, pipeline, "rejected"),
                self.meter.counter(INGEST_BYTES, pipeline),
                self.meter.histogram(INGEST_STORE, pipeline),
                self.meter.counter(INGEST_CLOCK_STEPS, pipeline),
                self.meter.counter(INGEST_THROTTLED, pipeline),
            )
        return found

    def completed(self, outcome: Outcome) -> None:
        """Ingest decided an outcome, and it is stored."""
        fate = outcome.fate.value
        self.meter.counter(FRAME_OUTCOMES, outcome.pipeline, fate, outcome.reason).add()

    def filtered(self, pipeline: str, frames: int) -> None:
        """Cameras told that their filters dropped so many, and that is stored."""
        self.of(pipeline).rejected.add(frames)
        fate, reason = Fate.REJECTED.value, Reason.FILTERED.value
        self.meter.counter(FRAME_OUTCOMES, pipeline, fate, reason).add(frames)

    def _read(self, of: Callable[[PipelineMeasurements], float]) -> Readings:
        return {(pipeline,): of(found) for pipeline, found in self._pipelines.items()}
