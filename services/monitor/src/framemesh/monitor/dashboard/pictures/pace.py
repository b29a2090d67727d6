"""How many pictures are made a second: fewer where frames want the CPUs."""

PICTURES_PER_SECOND = 22.0
"""Of all cameras together: smooth for the eye, and a tenth of a CPU for pictures of 768 x 576."""

CROWDED_STRETCH = 1.5
"""A picture that takes so many times its CPU time waits for CPUs that others use,"""

CROWDED_DWELL_SECONDS = 0.5
"""and if frames wait so long in the buffer it is they who want them: not a browser, which may have
them, nor a model on a GPU, which does not need them."""

CROWDED_SHARE = 0.01
"""Of all CPUs, that making pictures may take then. To receive and send them takes as much again."""

SMOOTHING = 0.1
"""Weight of each new picture in the averages."""

SHORTEST_SECONDS = 0.0005
"""Of CPU time: what took less says nothing of the machine."""


class Pace:
    """Learns from what pictures took."""

    def __init__(self, cpus: int) -> None:
        self._cpus = cpus
        self._cpu_seconds = 0.0
        self._stretch = 1.0
        self._dwell_seconds = 0.0

    def observe(self, cpu_seconds: float, wall_seconds: float) -> None:
        """One was made."""
        if cpu_seconds < SHORTEST_SECONDS:
            return
        self._cpu_seconds += SMOOTHING * (cpu_seconds - self._cpu_seconds)
        self._stretch += SMOOTHING * (wall_seconds / cpu_seconds - self._stretch)

    def dwelt(self, seconds: float) -> None:
        """A frame that is shown waited so long in the buffer."""
        self._dwell_seconds += SMOOTHING * (seconds - self._dwell_seconds)

    @property
    def pause_seconds(self) -> float:
        """Between two pictures, now."""
        shortest = 1 / PICTURES_PER_SECOND
        if self._stretch < CROWDED_STRETCH or self._dwell_seconds < CROWDED_DWELL_SECONDS:
            return shortest
        return max(shortest, self._cpu_seconds / (CROWDED_SHARE * self._cpus))
