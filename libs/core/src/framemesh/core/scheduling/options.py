"""What of the scheduler is in use: each part can be left out, to see what it is good for."""

from dataclasses import dataclass
from typing import Literal

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.scheduling.choice import HYSTERESIS
from framemesh.core.scheduling.cost import Objective
from framemesh.core.scheduling.hedging import EXTRA_WORK


class InvalidOptions(FramemeshError):
    """Options that contradict each other or themselves."""

    code = Code.INVALID
    permanent = True


@dataclass(frozen=True, slots=True)
class SchedulerOptions:
    """Of `CostScheduler`."""

    feedback: bool = True
    """What is seen changes what is expected, and a deadline is divided anew at each call; else the
    profile holds, and each call has the share that it had when the frame was new."""
    safe_deferral: bool = True
    """A batch waits for more inputs as long as it is safe; else it goes at once."""
    depth_priority: bool = True
    """The deepest call first; else the earliest deadline."""
    hedging: bool = True
    """What takes longer than usual is repeated on another backend."""
    budget: Literal["cost", "proportional"] = "cost"
    """How a deadline is divided."""
    minimise: Objective = Objective.PRICE
    quantile: float = 0.95
    """Of a call's latency: the part of calls that must be in time with what they are allowed."""
    hysteresis: float = HYSTERESIS
    extra_work: float = EXTRA_WORK

    def __post_init__(self) -> None:
        """Raises:
        InvalidOptions: see the message.
        """
        if not 0.0 < self.quantile < 1.0:
            raise InvalidOptions(f"quantile is {self.quantile:g}, make it between 0 and 1")
        if self.hysteresis < 0.0:
            raise InvalidOptions(f"hysteresis is {self.hysteresis:g}, make it >= 0")
