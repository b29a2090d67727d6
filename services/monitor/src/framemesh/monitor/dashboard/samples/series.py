"""The rows of one pipeline."""

import math
from dataclasses import astuple, dataclass, fields

import numpy as np

MAX_ROWS = 900
"""A quarter of an hour while somebody looks, some 50 KB; longer while nobody does, and then what
is older is left out."""

MAX_AGE_MS = 15 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one moment; nan: not known."""

    at_ms: float
    backlog: float
    growth: float
    accepted: float
    completed: float
    age_p99_ms: float
    workers: float


class Series:
    """The last rows; a new one takes the place of the oldest."""

    def __init__(self, max_rows: int = MAX_ROWS) -> None:
        self._values = np.full((max_rows, len(fields(Row))), np.nan)
        self._count = 0
        """Of all that were ever added."""

    def add(self, row: Row) -> None:
        self._values[self._count % len(self._values)] = astuple(row)
        self._count += 1

    def after(self, at_ms: float) -> list[Row]:
        """Those after a moment, the oldest first, and none that are over MAX_AGE_MS old."""
        if not self._count:
            return []
        rows = self._ordered()
        newest = rows[-1, 0]
        kept = rows[(rows[:, 0] > at_ms) & (rows[:, 0] >= newest - MAX_AGE_MS)]
        return [Row(*map(float, values)) for values in kept]

    def growth(self, row: Row, seconds: float) -> float:
        """Of the backlog until `row`, which is not added yet, in frames a second."""
        rows = self._ordered()
        recent = rows[rows[:, 0] >= row.at_ms - 1000 * seconds]
        if not len(recent) or recent[0, 0] >= row.at_ms:
            return math.nan
        return float((row.backlog - recent[0, 1]) / (row.at_ms - recent[0, 0]) * 1000)

    def _ordered(self) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
        size = len(self._values)
        if self._count <= size:
            return self._values[: self._count]
        return np.roll(self._values, -(self._count % size), axis=0)
