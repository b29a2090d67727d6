"""The times for which budgets are tabulated."""

import math
from dataclasses import dataclass

DEFAULT_STEPS = 128
"""Steps of a deadline: of half a second, 4 ms each. What a call takes is rounded up to them, so one
step a stage is lost at most."""


@dataclass(frozen=True, slots=True)
class Grid:
    """0, step, 2 * step, ... up to the horizon."""

    horizon: float
    """Seconds: no more is ever left to a frame."""
    steps: int = DEFAULT_STEPS

    @property
    def step(self) -> float:
        return self.horizon / self.steps

    def floor(self, seconds: float) -> int:
        """The last step that is not after `seconds`."""
        if seconds >= self.horizon:
            return self.steps
        return math.floor(max(0.0, seconds) / self.step + _ROUNDING)

    def ceil(self, seconds: float) -> int:
        """The first step that is not before `seconds`; it can be past the horizon."""
        return math.ceil(seconds / self.step - _ROUNDING)


_ROUNDING = 1e-6
"""Of a step: sums of times are not exact."""
