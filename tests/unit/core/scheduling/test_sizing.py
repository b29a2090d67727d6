"""How many workers a rate needs."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framemesh.core.scheduling.arrival_envelope import ArrivalEnvelope
from framemesh.core.scheduling.sizing import (
    InvalidSizing,
    workers,
    workers_by_kind,
    workers_for_bursts,
)

SEEDED = st.integers(0, 10**9).map(random.Random)


def test_workers_are_busy_for_four_fifths_of_their_time() -> None:
    # 30 frames/s with two calls each; one does 50 calls/s, so 40 with something to spare.
    assert workers(30, 2, 50) == 2
    assert workers(20, 2, 50) == 1
    assert workers(20.1, 2, 50) == 2
    assert workers(0, 2, 50) == 0


def test_each_kind_of_worker_has_a_number_of_its_own() -> None:
    assert workers_by_kind(30, 2, {"gpu": 200, "old": 12.5}) == {"gpu": 1, "old": 6}


def test_a_burst_has_to_be_worked_off_in_what_there_is_to_spare() -> None:
    # A hundred at once, and half a second for them: 200 a second.
    assert workers_for_bursts({0.125: 100}, 1, 50, spare=0.5) == 4
    assert workers_for_bursts({0.125: 100}, 2, 50, spare=0.5) == 8
    # 300 in the next 875 ms add to it: 400 in 0.125 + 0.5 s, since they may come early.
    assert workers_for_bursts({0.125: 100, 1.0: 400}, 1, 50, spare=0.5) == 13


@settings(max_examples=40)
@given(SEEDED, st.floats(0.1, 2))
def test_with_as_many_no_arrival_of_the_envelope_waits_longer_than_there_is_to_spare(
    dice: random.Random, spare: float
) -> None:
    """Against a queue that works off as much a second as the workers together."""
    envelope, now, times = ArrivalEnvelope(), 0.0, list[float]()
    while now < 30 and len(times) < 300:
        now += dice.choice([0.0, dice.expovariate(4), dice.expovariate(200)])
        envelope.add(now)
        times.append(now)
    rate_of_one = dice.uniform(1, 40)
    rate = workers_for_bursts(envelope.envelope(), 1, rate_of_one, spare) * rate_of_one
    free = 0.0
    for at in times:
        free = max(free, at) + 1 / rate
        assert free - at <= spare + 1e-6


@pytest.mark.parametrize(("rate", "fan_out", "rate_of_one"), [(1, 1, 0), (-1, 1, 1), (1, -1, 1)])
def test_rates_from_which_no_number_follows_are_refused(
    rate: float, fan_out: float, rate_of_one: float
) -> None:
    with pytest.raises(InvalidSizing):
        workers(rate, fan_out, rate_of_one)
    with pytest.raises(InvalidSizing, match="no time to wait"):
        workers_for_bursts({1.0: 5}, 1, 10, spare=0.0)
