"""What cameras are asked for, by what becomes of the backlog."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.ingest.hints.allowance import (
    LEAST,
    LOOKS,
    LOWEST_QUALITY,
    LOWEST_RATE,
    Allowance,
    Load,
    fair_cap,
)

rates = st.floats(0, 10_000)
loads = st.builds(
    Load, rates, rates, st.integers(0, 10**6), st.floats(0, 1), st.none() | st.floats(0.1, 60)
)


def looked(*seen: Load) -> Allowance:
    allowance = Allowance()
    for load in seen:
        allowance = allowance.after(load)
    return allowance


def test_a_pipeline_that_keeps_up_asks_for_nothing() -> None:
    assert looked(*[Load(100, 100, 90, 0.1)] * 10).frames_per_second is None


def test_a_backlog_that_grows_asks_for_what_is_worked_off_and_less() -> None:
    growing = Load(100, 40, 400, 0.1)
    assert looked(growing).frames_per_second is None, "once is chance"
    assert looked(*[growing] * LOOKS).frames_per_second == pytest.approx(40 - 400 / 20)


def test_workers_that_only_start_are_no_reason_to_ask_for_less() -> None:
    assert looked(*[Load(100, 0, 400, 0.1)] * 5).frames_per_second is None


def test_a_buffer_that_fills_up_while_nobody_works_asks_for_half_and_smaller_images() -> None:
    allowance = looked(*[Load(100, 0, 400, 0.75)] * LOOKS)
    assert allowance.frames_per_second == pytest.approx(100 / 2 - 400 / 20)
    assert allowance.quality == 0.75


def test_frames_that_expire_are_not_worked_off() -> None:
    # All that arrives departs, most of it too old.
    assert looked(*[Load(100, 100, 150, 0.1, 2.0)] * LOOKS).frames_per_second is not None
    assert looked(*[Load(100, 100, 150, 0.1)] * LOOKS).frames_per_second is None


def test_cameras_may_send_more_step_by_step_once_nothing_waits() -> None:
    allowance = looked(*[Load(100, 40, 400, 0.1)] * LOOKS)
    allowed = []
    for _ in range(20):
        allowance = allowance.after(Load(20, 20, 2, 0.0))
        if allowance.frames_per_second is None:
            break
        allowed.append(allowance.frames_per_second)
    assert allowed == sorted(allowed)
    assert 2 <= len(allowed) <= 10
    assert allowance == Allowance()


@given(st.lists(loads, max_size=30))
def test_whatever_is_seen_cameras_are_never_asked_to_stop(seen: list[Load]) -> None:
    allowance = Allowance()
    for load in seen:
        allowance = allowance.after(load)
        assert LOWEST_QUALITY <= allowance.quality <= 1
        allowed = allowance.frames_per_second
        if allowed is not None and load.is_too_much:
            assert math.isfinite(allowed)
            assert allowed >= LOWEST_RATE
            assert allowance.demand >= load.arriving


@given(st.lists(rates, min_size=1, max_size=50), rates)
def test_a_fair_cap_shares_out_all_and_takes_from_the_largest(
    sent: list[float], total: float
) -> None:
    cap = fair_cap(sent, total)
    if cap == math.inf:
        assert sum(sent) <= total * (1 + 1e-9) + 1e-9
    else:
        together = sum(min(rate, cap) for rate in sent)
        assert together == pytest.approx(total, rel=1e-6, abs=1e-6)


def test_cameras_that_a_full_buffer_holds_back_may_send_again() -> None:
    allowance = looked(*[Load(0, 0, 400, 1.0)] * 5)
    assert allowance.after(Load(0, 50, 0, 0.0)).frames_per_second is None


def test_least_is_a_share_of_what_they_would_send() -> None:
    allowance = looked(*[Load(100, 40, 10**6, 0.1)] * LOOKS)
    assert allowance.frames_per_second == pytest.approx(LEAST * 100)
