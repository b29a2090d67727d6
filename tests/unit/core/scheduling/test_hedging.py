"""How much work is repeated."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framemesh.core.scheduling.hedging import HedgeBudget, InvalidHedging, overdue_at

WORK = st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), max_size=100)


def test_one_call_in_twenty_may_be_repeated() -> None:
    budget = HedgeBudget(0.05, most_saved=100)
    for calls in range(1, 101):
        budget.worked(1.0)
        if budget.allows(1.0):
            budget.spend(1.0)
            # Sums of a twentieth are not exact: the twentieth call or the one after it.
            assert calls % 20 in {0, 1}
    assert not budget.allows(1.0)


@settings(max_examples=40)
@given(WORK, st.floats(0, 1))
def test_repetitions_are_never_more_than_their_part_of_all_that_was_done(
    work: list[tuple[float, float]], part: float
) -> None:
    budget, ordinary, extra = HedgeBudget(part), 0.0, 0.0
    for seconds, clone in work:
        budget.worked(seconds)
        ordinary += seconds
        if budget.allows(clone):
            budget.spend(clone)
            extra += clone
        assert extra <= part * ordinary + 1e-6


def test_what_was_saved_in_quiet_hours_is_bounded() -> None:
    budget = HedgeBudget(0.05, most_saved=2.0)
    budget.worked(1e6)
    assert budget.allows(2.0)
    assert not budget.allows(2.1)


def test_a_call_is_overdue_after_its_wait_and_its_95th_percentile() -> None:
    assert overdue_at(sent=10.0, wait=0.2, p95=0.1) == pytest.approx(10.3)


def test_a_part_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidHedging, match="extra work is 5"):
        HedgeBudget(5.0)
