"""How many workers a pipeline should have."""

from dataclasses import dataclass

from framemesh.core.pipeline.spec import WorkersSpec


@dataclass(frozen=True, slots=True)
class Load:
    """What was measured of a pipeline; None where nothing was."""

    pending_frames: int | None = None
    """In the buffer, without an outcome."""
    arrived_per_second: float | None = None
    completed_per_second: float | None = None
    """Of all its workers together."""


def desired_replicas(workers: WorkersSpec, load: Load) -> int:
    """The number of workers for this load, within the bounds of the specification.

    There is no upper bound in a specification yet, so the load does not count.
    """
    return workers.min
