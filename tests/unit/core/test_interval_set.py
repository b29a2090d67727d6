from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.ledger.interval_set import IntervalSet

runs = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 8)), max_size=40)


@given(runs)
def test_it_holds_what_a_set_would_hold(added: list[tuple[int, int]]) -> None:
    intervals, numbers = IntervalSet(), set[int]()
    for first, length in added:
        more = set(range(first, first + length + 1))
        assert intervals.add(first, first + length) == len(more - numbers)
        numbers |= more
    assert len(intervals) == len(numbers)
    assert [n in intervals for n in range(80)] == [n in numbers for n in range(80)]


@given(runs)
def test_its_runs_are_apart_and_in_order(added: list[tuple[int, int]]) -> None:
    intervals = IntervalSet()
    for first, length in added:
        intervals.add(first, first + length)
    found = intervals.runs
    assert all(a[1] + 1 < b[0] for a, b in pairwise(found))


@given(runs, runs)
def test_what_is_without_another_is_what_sets_say(
    added: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    one, other = IntervalSet(), IntervalSet()
    for intervals, given_runs in ((one, added), (other, others)):
        for first, length in given_runs:
            intervals.add(first, first + length)
    assert list(one.without(other)) == [n for n in range(80) if n in one and n not in other]


@given(runs, st.integers(1, 70), st.integers(0, 20))
def test_what_is_missing_are_the_runs_between(
    added: list[tuple[int, int]], first: int, length: int
) -> None:
    intervals = IntervalSet()
    for start, more in added:
        intervals.add(start, start + more)
    missing = intervals.missing(first, first + length)
    numbers = [n for a, b in missing for n in range(a, b + 1)]
    assert numbers == [n for n in range(first, first + length + 1) if n not in intervals]
    assert all(a[1] + 1 < b[0] for a, b in pairwise(missing))


def test_numbers_in_order_are_one_run() -> None:
    intervals = IntervalSet()
    for number in range(1, 10_001):
        intervals.add(number)
    assert intervals.runs == ((1, 10_000),)


@given(runs)
def test_it_is_made_of_its_runs(added: list[tuple[int, int]]) -> None:
    intervals = IntervalSet()
    for first, length in added:
        intervals.add(first, first + length)
    again = IntervalSet.of(intervals.runs)
    assert (again.runs, len(again)) == (intervals.runs, len(intervals))


@pytest.mark.parametrize("runs", [[(2, 1)], [(1, 2), (3, 4)], [(5, 6), (1, 2)], [(1, 4), (2, 9)]])
def test_what_is_no_set_of_runs_is_refused(runs: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="is not after those before it"):
        IntervalSet.of(runs)
