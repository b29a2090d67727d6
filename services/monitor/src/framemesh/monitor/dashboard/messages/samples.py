"""Figures of a pipeline over time, for charts."""

from typing import Literal

from framemesh.monitor.dashboard.messages.base import Message

Series = list[float | None]
"""One value for each of `at_ms`; null: not known then."""


class Decision(Message):
    """The number of workers was changed."""

    at_ms: float
    message: str


class Samples(Message):
    """Series of equal length, the oldest first."""

    step_s: float
    """Between two samples while somebody looks; there may be gaps."""
    at_ms: list[float]
    backlog: Series
    growth: Series
    """In frames a second."""
    accepted: Series
    """Frames a second."""
    completed: Series
    """Frames a second."""
    age_p99_ms: Series
    workers: Series
    """Those that are ready."""
    decisions: list[Decision]


class SamplesMessage(Samples):
    """What came since the last message of a live connection; the first has all that is kept."""

    type: Literal["samples"] = "samples"
    pipeline: str
