"""The budget of each camera: cameras with like rates share one."""

import math
from collections.abc import Callable

from framemesh.core.scheduling.budget.budget import Budget
from framemesh.core.scheduling.call_graph import Rates

MOST_BUDGETS = 16
"""One for each set of rates, a millisecond to make; all other cameras have the pipeline's."""

MOST_CAMERAS = 1024
"""Whose budget is remembered; that of others is found anew at each call."""

RATE_STEPS = 2.0
"""To each doubling: rates that differ by less than 1.4 share a budget."""

LEAST_RATE = 1 / 16
"""What is rarer has the same budget as this."""


class CameraBudgets:
    """Made when they are asked for: of the cameras of a pipeline, few have a call at a time.
    Mutable: it keeps what it made, until it is itself made anew."""

    def __init__(
        self, rates: Callable[[str | None], Rates], make: Callable[[Rates], Budget]
    ) -> None:
        """
        Args:
            rates: of a camera; for None those of the pipeline.
            make: a budget for rates.
        """
        self._rates, self._make = rates, make
        self._by_rates: dict[tuple[int, ...], Budget] = {}
        self._by_camera: dict[str, Budget] = {}
        self.pipeline = self._found(rates(None))

    def of(self, camera: str) -> Budget:
        found = self._by_camera.get(camera)
        if found is None:
            found = self._found(self._rates(camera))
            if len(self._by_camera) < MOST_CAMERAS:
                self._by_camera[camera] = found
        return found

    def _found(self, rates: Rates) -> Budget:
        steps = tuple(map(_step, rates.values()))
        found = self._by_rates.get(steps)
        if found is None:
            if len(self._by_rates) >= MOST_BUDGETS:
                return self.pipeline
            found = self._by_rates[steps] = self._make(rates)
        return found


def _step(rate: float) -> int:
    return round(RATE_STEPS * math.log2(max(rate, LEAST_RATE)))
