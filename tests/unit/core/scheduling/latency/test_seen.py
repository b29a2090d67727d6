"""What was seen of one quantity, and how much it counts."""

import random

import pytest

from framemesh.core.scheduling.latency.evidence import ENOUGH, HALF_LIFE_SECONDS, Evidence
from framemesh.core.scheduling.latency.seen import Seen


def test_twenty_observations_count_in_full_and_half_as_much_two_minutes_later() -> None:
    evidence = Evidence()
    assert evidence.weight(0.0) == 0
    for _ in range(5):
        evidence.add(10.0)
    assert evidence.weight(10.0) == pytest.approx(0.25)
    assert evidence.weight_of_mean(10.0) == 1
    for _ in range(100):
        evidence.add(10.0)
    assert evidence.weight(10.0) == 1
    assert evidence.weight(10.0 + HALF_LIFE_SECONDS) == pytest.approx(0.5)


def test_what_was_seen_long_ago_is_forgotten_when_something_new_is_seen() -> None:
    seen = Seen()
    for _ in range(100):
        seen.observe(9.0, now=0.0)
    seen.observe(1.0, now=20 * HALF_LIFE_SECONDS)
    assert seen.mean == 1
    assert seen.quantile(0.95) == 1
    assert seen.weight(20 * HALF_LIFE_SECONDS) == pytest.approx(1 / ENOUGH, rel=1e-3)


def test_where_few_were_seen_a_high_quantile_is_above_all_of_them() -> None:
    seen = Seen()
    for value in (1.0, 2.0, 3.0):
        seen.observe(value, now=0.0)
    # 2 + 1.645 * 0.816
    assert seen.quantile(0.95) == pytest.approx(3.343, abs=0.001)
    assert seen.quantile(0.5) == 2


def test_where_many_were_seen_a_quantile_is_one_of_them() -> None:
    dice, seen = random.Random(1), Seen()  # noqa: S311
    values = [dice.lognormvariate(0, 0.5) for _ in range(100)]
    for value in values:
        seen.observe(value, now=0.0)
    assert seen.quantile(0.95) == sorted(values)[94]


def test_of_nothing_seen_all_is_zero() -> None:
    seen = Seen()
    assert seen.mean == seen.quantile(0.95) == seen.weight(0.0) == 0
