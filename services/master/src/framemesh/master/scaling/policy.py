"""The constants of the autoscaler."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScalingPolicy:
    """Times in seconds."""

    sample: float = 0.25
    """Between two looks at the backlog."""
    growth_window: float = 1.0
    """The backlog grows if it did so over this time: less would be the noise of batches."""
    trend_window: float = 8.0
    """Slow growth counts, too, if it lasted so long."""
    peak_window: float = 5.0
    """Over which arriving frames are counted when the question is whether fewer workers would do:
    in less, cameras that send at once would count as more of them."""
    capacity_window: float = 1.5
    """For which all workers must have had enough to do before their rate is learned."""
    catch_up: float = 10.0
    """In which the frames should be gone that would otherwise be late."""
    full_utilization: float = 0.85
    """Of the workers that are added: with all of it, no backlog would ever fall."""
    spare_utilization: float = 0.75
    """Of the workers that are left after shrinking. Less than the other, so that a steady load does
    not move the number up and down."""
    noise: float = 1.5
    """Standard deviations of arrivals at random by which a growing load must be above what the
    workers do: cameras that happen to send at once are no growth."""
    headroom: float = 0.5
    """The part of the objective that waiting may use up before workers are added; the rest is for
    what is not seen yet."""
    start: float = 3.0
    """What a worker needs to start, as long as none was seen."""
    blend: float = 0.3
    """How much a new measurement counts against what was learned before."""


DEFAULT_POLICY = ScalingPolicy()
