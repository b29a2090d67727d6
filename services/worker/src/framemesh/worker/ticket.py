"""A frame that a worker holds."""

from collections.abc import Callable
from dataclasses import dataclass

from framemesh.core.frame import Frame
from framemesh.runtime.dataplane.delivery import Delivery
from framemesh.worker.line import Place
from framemesh.worker.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """A frame, its delivery, and its place among the frames of its camera."""

    frame: Frame
    delivery: Delivery
    source: Source
    place: Place | None
    """None where order does not matter."""
    release: Callable[[], None]
    """Makes room for another one."""

    @property
    def suspect(self) -> bool:
        """A worker had it before, and did not seal it."""
        return self.source.suspect(self.delivery.sequence, self.delivery.attempt)
