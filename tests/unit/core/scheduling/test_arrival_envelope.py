"""How many frames ever came within a window."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framemesh.core.scheduling.arrival_envelope import (
    BUCKET_SECONDS,
    HORIZON_SECONDS,
    WINDOWS,
    ArrivalEnvelope,
)

SEEDED = st.integers(0, 10**9).map(random.Random)


def most_in(times: list[float], window: float) -> int:
    """By definition: in the windows that begin with an arrival."""
    return max(sum(begin <= at < begin + window for at in times) for begin in times)


@settings(max_examples=40)
@given(SEEDED, st.sampled_from(WINDOWS[:6]))
def test_it_is_no_less_than_there_was_and_no_more_than_in_a_little_longer(
    dice: random.Random, window: float
) -> None:
    envelope, now, times = ArrivalEnvelope(), dice.uniform(0, 1000), list[float]()
    for _ in range(dice.randint(1, 60)):
        now += dice.choice([0.0, dice.expovariate(5), dice.expovariate(100)])
        envelope.add(now)
        times.append(now)
    found = envelope.most(window)
    assert most_in(times, window) <= found <= most_in(times, window + 2 * BUCKET_SECONDS)


def test_a_burst_is_in_windows_of_every_length() -> None:
    envelope = ArrivalEnvelope()
    for at in range(10):
        envelope.add(float(at))
    envelope.add(10.0, arrivals=30)
    assert envelope.most(0.125) == 30
    assert envelope.most(1.5) == 31
    assert list(envelope.envelope().values()) == sorted(envelope.envelope().values())
    assert envelope.envelope()[64.0] == 40


def test_what_was_longer_ago_than_two_minutes_is_forgotten() -> None:
    envelope = ArrivalEnvelope()
    envelope.add(0.0, arrivals=500)
    envelope.add(HORIZON_SECONDS + 1)
    assert envelope.most(64.0) == 1


def test_any_number_of_arrivals_takes_a_bounded_memory() -> None:
    envelope = ArrivalEnvelope()
    for at in range(40_000):
        envelope.add(at / 100)
    assert len(envelope._counts) <= HORIZON_SECONDS / BUCKET_SECONDS


def test_a_rate_is_that_of_the_last_seconds_or_since_the_first_arrival() -> None:
    envelope = ArrivalEnvelope()
    assert envelope.rate(5.0, 10.0) == 0
    for at in range(100):
        envelope.add(1000 + at / 50)
    assert envelope.rate(1002.0, 10.0) == pytest.approx(50)
    assert envelope.rate(1010.0, 10.0) == pytest.approx(10, rel=0.05)
    for at in range(200):
        envelope.add(1010 + at / 20)
    assert envelope.rate(1020.0, 10.0) == pytest.approx(20, rel=0.02)
