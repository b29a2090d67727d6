"""Pictures take what is left of a machine, and little where nothing is."""

import pytest

from framemesh.monitor.dashboard.pictures.pace import (
    CROWDED_SHARE,
    PICTURES_PER_SECOND,
    Pace,
)

SHORTEST = 1 / PICTURES_PER_SECOND


BEHIND = 2.0
"""Seconds for which frames wait in the buffer."""


def paced(
    cpu_seconds: float, wall_seconds: float, cpus: int = 2, dwell_seconds: float = BEHIND
) -> float:
    """Between two pictures that take so long."""
    pace = Pace(cpus)
    for _ in range(100):
        pace.observe(cpu_seconds, wall_seconds)
        pace.dwelt(dwell_seconds)
    return pace.pause_seconds


def test_pictures_come_as_smoothly_as_the_eye_sees_where_cpus_are_free() -> None:
    assert Pace(2).pause_seconds == SHORTEST
    assert paced(0.030, 0.031) == SHORTEST


def test_where_others_want_the_cpus_pictures_take_a_small_share_of_them() -> None:
    pause = paced(0.004, 0.012)
    assert 0.004 / pause == pytest.approx(2 * CROWDED_SHARE, rel=0.01)
    assert paced(0.004, 0.012, cpus=8) == pytest.approx(pause / 4, rel=0.01)


def test_others_than_frames_may_want_the_cpus() -> None:
    assert paced(0.004, 0.012, dwell_seconds=0.1) == SHORTEST


def test_small_pictures_come_as_fast_on_a_crowded_machine() -> None:
    assert paced(0.0008, 0.01) == SHORTEST


def test_it_ends_with_the_crowd() -> None:
    pace = Pace(2)
    for _ in range(100):
        pace.observe(0.004, 0.04)
        pace.dwelt(BEHIND)
    assert pace.pause_seconds > SHORTEST
    for _ in range(40):
        pace.observe(0.004, 0.004)
    assert pace.pause_seconds == SHORTEST


def test_what_takes_no_time_says_nothing_of_the_machine() -> None:
    pace = Pace(2)
    for _ in range(100):
        pace.observe(0.0001, 0.01)
        pace.dwelt(BEHIND)
    assert pace.pause_seconds == SHORTEST
