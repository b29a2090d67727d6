"""The rows of one pipeline."""

import math
from collections import deque
from dataclasses import astuple, dataclass
from itertools import takewhile
from struct import Struct

MAX_ROWS = 900
"""A quarter of an hour while somebody looks, some 80 KB."""

MAX_AGE_MS = 15 * 60 * 1000.0


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


_PACKED = Struct("7d")
"""A row of Python's floats takes three times as much."""


class Series:
    """The last rows; a new one takes the place of the oldest."""

    def __init__(self, max_rows: int = MAX_ROWS) -> None:
        self._rows: deque[bytes] = deque(maxlen=max_rows)

    def add(self, row: Row) -> None:
        self._rows.append(_PACKED.pack(*astuple(row)))

    def after(self, at_ms: float) -> list[Row]:
        """Those after a moment, the oldest first, and none that are over MAX_AGE_MS old."""
        if not self._rows:
            return []
        begin = max(at_ms, _unpacked(self._rows[-1]).at_ms - MAX_AGE_MS)
        newest_first = map(_unpacked, reversed(self._rows))
        return list(takewhile(lambda row: row.at_ms > begin, newest_first))[::-1]

    def growth(self, row: Row, seconds: float) -> float:
        """Of the backlog until `row`, which is not added yet, in frames a second."""
        recent = self.after(row.at_ms - 1000 * seconds)
        if not recent or recent[0].at_ms >= row.at_ms:
            return math.nan
        return (row.backlog - recent[0].backlog) / (row.at_ms - recent[0].at_ms) * 1000


def _unpacked(packed: bytes) -> Row:
    return Row(*_PACKED.unpack(packed))
