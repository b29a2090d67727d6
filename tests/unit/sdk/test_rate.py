"""Frames a second."""

from framemesh.sdk.session.statistics import RATE_SECONDS, RateMeter


def test_a_rate_is_of_the_last_seconds() -> None:
    meter = RateMeter(now=100.0)
    for second in range(20):
        meter.add(30, 100.0 + second)
        meter.add(20, 100.5 + second)
    assert 45 <= meter.rate(119.9) <= 55
    assert meter.rate(120.0 + RATE_SECONDS) == 0


def test_a_rate_begins_with_the_camera() -> None:
    meter = RateMeter(now=100.0)
    meter.add(50, 100.2)
    assert meter.rate(100.3) == 50
    assert meter.rate(102.0) == 25


def test_memory_is_bounded() -> None:
    meter = RateMeter(now=0.0)
    for second in range(1000):
        meter.add(1, float(second))
    assert len(meter._steps) <= RATE_SECONDS + 1
