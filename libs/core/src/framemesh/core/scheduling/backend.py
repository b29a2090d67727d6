"""A place that runs batches of calls: what it costs, how much it takes at once, how far it is."""

from dataclasses import dataclass

from framemesh.core.errors import Code, FramemeshError

DEFAULT_QUEUE_BOUND = 16
"""Batches that may wait at a backend, where nobody said how many. With calls of 50 ms that is most
of a second, which is what frames are usually allowed to be old."""


class InvalidBackend(FramemeshError):
    """A backend that nothing could run on, or whose figures contradict each other."""

    code = Code.INVALID
    permanent = True


@dataclass(frozen=True, slots=True)
class Backend:
    """One server of models, as a Triton on a node."""

    name: str
    price_per_hour: float = 0.0
    """In the currency of the fleet; of the whole backend, whatever it does."""
    idle_watts: float = 0.0
    max_watts: float = 0.0
    """With as many batches at once as it takes."""
    labels: frozenset[str] = frozenset()
    """What a stage may ask for, as "gpu" or "on site"."""
    capacity: int = 1
    """Batches that it runs at once."""
    queue_bound: int = DEFAULT_QUEUE_BOUND
    """Batches that may wait there for others; what comes then is refused."""
    rtt: float = 0.0
    """Seconds to it and back, for an empty call."""
    seconds_per_byte: float = 0.0

    def __post_init__(self) -> None:
        """Raises:
        InvalidBackend: see the message.
        """
        if self.capacity < 1:
            raise InvalidBackend(f"backend {self.name}: capacity is {self.capacity}, make it >= 1")
        if self.queue_bound < 0:
            raise InvalidBackend(
                f"backend {self.name}: queue_bound is {self.queue_bound}, make it >= 0"
            )
        amounts = (self.price_per_hour, self.idle_watts, self.rtt, self.seconds_per_byte)
        if min(amounts) < 0:
            raise InvalidBackend(f"backend {self.name}: prices, watts and times must be >= 0")
        if self.max_watts < self.idle_watts:
            raise InvalidBackend(
                f"backend {self.name}: max_watts is {self.max_watts:g}, below idle_watts"
            )

    def transfer(self, size: float) -> float:
        """Seconds on the way there and back, for `size` bytes."""
        return self.rtt + self.seconds_per_byte * size
