"""A set of numbers that come mostly in order, kept as its runs."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Self


class IntervalSet:
    """Natural numbers as disjoint runs that do not touch: as small as the gaps are few."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self._size = 0

    @classmethod
    def of(cls, runs: Iterable[tuple[int, int]]) -> Self:
        """The set whose `runs` these are.

        Raises:
            ValueError: they are not ascending, or touch.
        """
        found = cls()
        for first, last in runs:
            if first > last or (found._lasts and first <= found._lasts[-1] + 1):
                raise ValueError(f"run {first} to {last} is not after those before it")
            found._firsts.append(first)
            found._lasts.append(last)
            found._size += last - first + 1
        return found

    def __len__(self) -> int:
        return self._size

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._firsts, number) - 1
        return at >= 0 and number <= self._lasts[at]

    @property
    def runs(self) -> tuple[tuple[int, int], ...]:
        """First and last number of each run, both included, ascending."""
        return tuple(zip(self._firsts, self._lasts, strict=True))

    def without(self, other: "IntervalSet") -> Iterator[int]:
        """The numbers that are not in `other`, ascending."""
        firsts = [first for first, _ in other.runs]
        lasts = [last for _, last in other.runs]
        for first, last in self.runs:
            number = first
            while number <= last:
                at = bisect_right(firsts, number) - 1
                if at >= 0 and number <= lasts[at]:
                    number = lasts[at] + 1
                    continue
                following = firsts[at + 1] if at + 1 < len(firsts) else last + 1
                end = min(following, last + 1)
                yield from range(number, end)
                number = end

    @property
    def gaps(self) -> int:
        """How many there are between the runs."""
        return max(0, len(self._firsts) - 1)

    @property
    def oldest_gap(self) -> tuple[int, int]:
        """First and last number between the first two runs; there must be two."""
        return self._lasts[0] + 1, self._firsts[1] - 1

    def missing(self, first: int, last: int) -> tuple[tuple[int, int], ...]:
        """First and last of each run of numbers from `first` to `last` that are not in the set."""
        low = bisect_left(self._lasts, first)
        high = bisect_right(self._firsts, last)
        found = []
        for run_first, run_last in zip(self._firsts[low:high], self._lasts[low:high], strict=True):
            if first < run_first:
                found.append((first, run_first - 1))
            first = run_last + 1
        return (*found, (first, last)) if first <= last else tuple(found)

    def add(self, first: int, last: int | None = None) -> int:
        """Add the numbers from `first` to `last`, both included; returns how many were new."""
        last = first if last is None else last
        if self._lasts and first > self._lasts[-1]:
            return self._append(first, last)
        # The runs that overlap or touch become one.
        low = bisect_left(self._lasts, first - 1)
        high = bisect_right(self._firsts, last + 1)
        had = sum(
            b - a + 1 for a, b in zip(self._firsts[low:high], self._lasts[low:high], strict=True)
        )
        merged_first = min([first, *self._firsts[low : low + 1]]) if low < high else first
        merged_last = max([last, *self._lasts[high - 1 : high]]) if low < high else last
        self._firsts[low:high] = [merged_first]
        self._lasts[low:high] = [merged_last]
        new = merged_last - merged_first + 1 - had
        self._size += new
        return new

    def _append(self, first: int, last: int) -> int:
        """Add numbers above all others, as most are."""
        if first == self._lasts[-1] + 1:
            self._lasts[-1] = last
        else:
            self._firsts.append(first)
            self._lasts.append(last)
        self._size += last - first + 1
        return last - first + 1
