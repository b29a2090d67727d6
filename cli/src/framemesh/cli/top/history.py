"""What was seen over the last minutes, for trends and for rates that nobody else knows."""

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

KEPT = 90
"""Samples of one series, one a second: more than a trend shows."""

GROWTH_SECONDS = 10.0
"""Over which a growth is measured, as the monitor's rates are."""

TREND_SECONDS = 60.0

_BARS = "▁▂▃▄▅▆▇█"


@dataclass(slots=True)
class Series:
    """Values with their times, the last KEPT of them."""

    _samples: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=KEPT))

    def add(self, at: float, value: float) -> None:
        """`at` in seconds, later than all before."""
        self._samples.append((at, value))

    @property
    def growth(self) -> float:
        """By how much the value rises a second; 0 while there is but one."""
        if not self._samples:
            return 0.0
        last_at, last = self._samples[-1]
        recent = ((at, value) for at, value in self._samples if at >= last_at - GROWTH_SECONDS)
        first_at, first = next(recent)
        return (last - first) / (last_at - first_at) if last_at > first_at else 0.0

    def trend(self, columns: int) -> str:
        """The last minute as bars, from none to the highest of them: the highest value of each
        part of the minute; blank where nothing was seen."""
        if not self._samples:
            return " " * columns
        end, highest = self._samples[-1][0], max(value for _, value in self._samples)
        parts = [-1.0] * columns
        for at, value in self._samples:
            part = columns - 1 - int((end - at) / TREND_SECONDS * columns)
            if part >= 0:
                parts[part] = max(parts[part], value)
        return "".join(_bar(value, highest) for value in parts)


def _bar(value: float, highest: float) -> str:
    if value < 0:
        return " "
    return _BARS[round(value / highest * (len(_BARS) - 1))] if highest else _BARS[0]


T = TypeVar("T")


@dataclass(slots=True)
class Earlier(Generic[T]):
    """What was seen some time ago: between `seconds` and half of that."""

    seconds: float
    _older: tuple[float, T] | None = None
    _newer: tuple[float, T] | None = None

    def add(self, at: float, value: T) -> None:
        """`at` in seconds, later than all before."""
        if self._older is None:
            self._older = self._newer = (at, value)
        elif self._newer is not None and at - self._newer[0] >= self.seconds / 2:
            self._older, self._newer = self._newer, (at, value)

    @property
    def value(self) -> tuple[float, T] | None:
        """With its time; None while nothing was added."""
        return self._older
