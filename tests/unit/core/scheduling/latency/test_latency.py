"""What a model takes, before and after it was seen."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.scheduling.latency.evidence import HALF_LIFE_SECONDS
from framemesh.core.scheduling.latency.latency import InvalidProfile, Latency, LatencyPrior

PROFILE = {1: LatencyPrior(0.02, 0.03), 4: LatencyPrior(0.05, 0.06)}


def test_before_anything_was_seen_the_profile_holds() -> None:
    latency = Latency(PROFILE)
    assert latency.mean(1, 0.0) == pytest.approx(0.02)
    assert latency.quantile(0.95, 1, 0.0) == pytest.approx(0.03)
    assert latency.quantile(0.95, 4, 0.0) == pytest.approx(0.06)
    assert latency.quantile(0.5, 4, 0.0) == pytest.approx(0.05)


def test_a_size_without_a_profile_is_on_the_line_with_the_spread_of_the_next_one() -> None:
    latency = Latency(PROFILE)
    assert latency.mean(2, 0.0) == pytest.approx(0.03)
    assert latency.quantile(0.95, 2, 0.0) == pytest.approx(0.03 * 1.5)


def test_a_mean_is_believed_after_five_observations_and_a_spread_after_twenty() -> None:
    latency = Latency(PROFILE)
    latency.observe(1, 0.04, now=0.0)
    assert 0.02 < latency.mean(1, 0.0) < 0.04
    for _ in range(4):
        latency.observe(1, 0.04, now=0.0)
    assert latency.mean(1, 0.0) == pytest.approx(0.04)
    # The profile has 1.5 times the mean as its 95th percentile.
    assert 0.04 < latency.quantile(0.95, 1, 0.0) < 0.06
    for _ in range(15):
        latency.observe(1, 0.04, now=0.0)
    assert latency.quantile(0.95, 1, 0.0) == pytest.approx(0.04)


def test_one_batch_that_hung_is_no_sign_of_the_next() -> None:
    latency = Latency(PROFILE)
    for _ in range(30):
        latency.observe(1, 0.02, now=0.0)
    latency.observe(1, 60.0, now=0.0)
    assert latency.mean(1, 0.0) <= 0.03
    assert latency.quantile(0.95, 1, 0.0) == pytest.approx(0.02)


def test_what_once_took_no_time_can_take_some_again() -> None:
    latency = Latency(PROFILE)
    for _ in range(50):
        latency.observe(1, 0.0, now=0.0)
    for _ in range(200):
        latency.observe(1, 0.02, now=0.0)
    assert latency.mean(1, 0.0) == pytest.approx(0.02, rel=0.05)
    assert latency.quantile(0.95, 1, 0.0) == pytest.approx(0.02)


def test_where_all_became_slow_that_is_believed_within_some_batches() -> None:
    latency = Latency(PROFILE)
    for _ in range(30):
        latency.observe(1, 0.02, now=0.0)
    for _ in range(8):
        latency.observe(1, 1.0, now=0.0)
    assert latency.quantile(0.95, 1, 0.0) >= 0.1
    for _ in range(40):
        latency.observe(1, 1.0, now=0.0)
    assert latency.mean(1, 0.0) == pytest.approx(1.0, rel=0.05)


def test_after_enough_its_quantiles_are_those_that_were_seen() -> None:
    dice, latency = random.Random(2), Latency(PROFILE)  # noqa: S311
    seen = [dice.uniform(0.05, 0.15) for _ in range(100)]
    for seconds in seen:
        latency.observe(4, seconds, now=1.0)
    assert latency.quantile(0.95, 4, 1.0) == sorted(seen)[94]
    assert latency.quantile(0.5, 4, 1.0) == sorted(seen)[49]


def test_what_was_seen_before_a_long_time_without_is_no_part_of_what_is_seen_after() -> None:
    latency, later = Latency(PROFILE), 20 * HALF_LIFE_SECONDS
    for _ in range(60):
        latency.observe(1, 0.20, now=0.0)
    for _ in range(20):
        latency.observe(1, 0.04, now=later)
    assert latency.mean(1, later) == pytest.approx(0.04)
    assert latency.mean(4, later) == pytest.approx(0.10, rel=0.02)


def test_a_backend_that_became_slow_is_slow_for_sizes_that_were_not_seen() -> None:
    latency = Latency(PROFILE)
    for _ in range(60):
        latency.observe(1, 0.06, now=0.0)
    assert latency.mean(4, 0.0) == pytest.approx(0.15, rel=0.02)
    assert latency.mean(2, 0.0) == pytest.approx(0.09, rel=0.02)
    assert latency.quantile(0.95, 4, 0.0) == pytest.approx(0.15, rel=0.05)


def test_what_is_not_seen_any_more_fades_back_to_the_profile() -> None:
    latency = Latency(PROFILE)
    for _ in range(60):
        latency.observe(1, 0.06, now=0.0)
    later = [latency.mean(1, times * HALF_LIFE_SECONDS) for times in (0, 2, 3, 20)]
    # After three half-lives what was seen counts as 2.5 of five observations: half of that (0.06),
    # and half of what is expected apart from it, which has faded half-way to the profile (0.04).
    assert later == pytest.approx([0.06, 0.06, 0.05, 0.02], rel=1e-3)
    assert latency.quantile(0.95, 1, 20 * HALF_LIFE_SECONDS) == pytest.approx(0.03, rel=0.01)


@given(
    st.lists(st.tuples(st.integers(1, 64), st.floats(1e-4, 10)), max_size=40),
    st.integers(1, 64),
    st.floats(0, 500),
)
def test_whatever_was_seen_latencies_are_positive_and_quantiles_ascend(
    seen: list[tuple[int, float]], batch: int, now: float
) -> None:
    latency = Latency(PROFILE)
    for size, seconds in seen:
        latency.observe(size, seconds, now=0.0)
    assert latency.mean(batch, now) > 0
    quantiles = [latency.quantile(q, batch, now) for q in (0.05, 0.5, 0.9, 0.95, 0.99)]
    assert quantiles == sorted(quantiles)
    assert quantiles[0] >= 0


@pytest.mark.parametrize(("mean", "p95"), [(0.0, 0.1), (-1.0, 1.0), (0.2, 0.1)])
def test_a_profile_that_cannot_be_is_refused(mean: float, p95: float) -> None:
    with pytest.raises(InvalidProfile, match="profile it again"):
        LatencyPrior(mean, p95)


def test_a_latency_needs_a_profile() -> None:
    with pytest.raises(InvalidProfile, match="run framemesh profile"):
        Latency({})
