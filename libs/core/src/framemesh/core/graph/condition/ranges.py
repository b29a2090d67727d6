"""Ranges of numbers, and what is left of one under a comparison."""

import math
from dataclasses import dataclass, replace
from typing import Final

from framemesh.core.graph.condition.syntax import Operator


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers from `low` to `high`; an open end is none of them."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no number is in it."""
        is_open = self.low_open or self.high_open
        return self.low > self.high or (self.low == self.high and is_open)

    def narrowed(self, operator: Operator, value: float) -> "Range":
        """Those of its numbers that compare so to `value`; all of them for `!=`."""
        match operator:
            case Operator.UNEQUAL:
                return self
            case Operator.EQUAL:
                return self.at_least(value, is_open=False).at_most(value, is_open=False)
            case Operator.GREATER | Operator.GREATER_OR_EQUAL:
                return self.at_least(value, is_open=operator is Operator.GREATER)
            case Operator.LESS | Operator.LESS_OR_EQUAL:
                return self.at_most(value, is_open=operator is Operator.LESS)

    def at_least(self, low: float, *, is_open: bool) -> "Range":
        """Without what is less than `low`, and without `low` if that end is open."""
        if (low, is_open) <= (self.low, self.low_open):
            return self
        return replace(self, low=low, low_open=is_open)

    def at_most(self, high: float, *, is_open: bool) -> "Range":
        """Without what is more than `high`, and without `high` if that end is open."""
        if (-high, is_open) <= (-self.high, self.high_open):
            return self
        return replace(self, high=high, high_open=is_open)


FRACTION: Final = Range(0.0, 1.0)
WHOLE: Final = Range(0.0, math.inf)
DAY: Final = Range(0.0, 86400.0, high_open=True)
"""Seconds since midnight."""
