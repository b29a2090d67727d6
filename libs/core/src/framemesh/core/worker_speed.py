"""How fast a worker is, by its own measurement."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkerSpeed:
    """What one worker knows of its own speed."""

    frames_per_minute: int = 0
    """A whole number, so that all workers compute the same from it; 0: nothing is known yet."""
    saturated: bool = False
    """Set: it was measured while more frames waited than the worker could take, so it is no faster.
    Else it may be."""


UNKNOWN_SPEED = WorkerSpeed()
