"""Things keep their identities, in scenes whose truth is known."""

from datetime import timedelta

import numpy as np
import pytest

from framemesh.core.pipeline.operators import TrackSpec
from framemesh.vision.operators.track_state import Ids
from tests.unit.vision.operators.identities import Agreement, agreement, followed
from tests.unit.vision.operators.scenes import Film, Thing, filmed, irregular, steady

SPEC = TrackSpec(max_gap=timedelta(seconds=2))

RATES = pytest.mark.parametrize("rate", [5.0, 10.0, 30.0])
"""Frames per second."""


def perfect(things: int) -> Agreement:
    return Agreement(switches=0, idf1=1.0, ids=things)


def judged(
    things: list[Thing],
    times: list[float],
    *,
    jitter: float = 0.02,
    missed: float = 0.0,
    seed: int = 0,
) -> Agreement:
    films = filmed(things, times, jitter=jitter, missed=missed, seed=seed)
    return agreement(followed(films, SPEC))


def crowd(count: int, seed: int, speed: float, size: tuple[float, float]) -> list[Thing]:
    """Things of two kinds anywhere, with velocities in any direction."""
    random = np.random.default_rng(seed)
    return [
        Thing(
            tuple(random.uniform(0.05, 0.95, 2)),
            tuple(random.normal(size=2) * speed),
            size,
            label=str(random.choice(["person", "car"])),
        )
        for _ in range(count)
    ]


@RATES
def test_two_that_cross_keep_theirs(rate: float) -> None:
    crossing = [Thing((0.2, 0.5), (0.12, 0)), Thing((0.8, 0.51), (-0.12, 0))]
    assert judged(crossing, steady(rate, 5)) == perfect(2)


@RATES
def test_one_that_is_hidden_where_it_crosses_keeps_its_own(rate: float) -> None:
    behind = Thing((0.8, 0.51), (-0.12, 0), hidden=((2.2, 2.9),))
    assert judged([Thing((0.2, 0.5), (0.12, 0)), behind], steady(rate, 5)) == perfect(2)


@RATES
def test_one_that_is_hidden_for_less_than_the_gap_keeps_its_own(rate: float) -> None:
    hidden = Thing((0.1, 0.5), (0.1, 0.02), hidden=((2.0, 3.6),))
    assert judged([hidden], steady(rate, 6)) == perfect(1)


@RATES
def test_one_that_is_hidden_for_longer_gets_another_one(rate: float) -> None:
    hidden = Thing((0.1, 0.5), (0.1, 0.02), hidden=((2.0, 4.4),))
    found = judged([hidden], steady(rate, 6))
    assert (found.switches, found.ids) == (1, 2)


@RATES
def test_one_of_which_the_model_is_not_sure_keeps_its_own(rate: float) -> None:
    faint = Thing((0.1, 0.5), (0.1, 0.02), faint=((1.0, 5.0),))
    assert judged([faint], steady(rate, 6)) == perfect(1)


@RATES
def test_twenty_things_of_which_one_box_in_ten_is_missed_keep_theirs(rate: float) -> None:
    things = crowd(20, seed=1, speed=0.03, size=(0.02, 0.06))
    assert judged(things, steady(rate, 8), missed=0.1, jitter=0.03) == perfect(20)


@pytest.mark.parametrize("seed", [2, 3])
def test_frames_may_come_at_any_intervals(seed: int) -> None:
    things = crowd(20, seed=2, speed=0.03, size=(0.02, 0.06))
    times = irregular(0.02, 0.5, seconds=12, seed=seed)
    assert judged(things, times, missed=0.1, seed=seed) == perfect(20)


@pytest.mark.parametrize("rate", [1.0, 2.0, 5.0])
def test_things_that_move_farther_than_their_width_between_frames_keep_theirs(
    rate: float,
) -> None:
    things = [
        Thing((0.1, 0.2), (0.1, 0)),
        Thing((0.9, 0.5), (-0.12, 0)),
        Thing((0.1, 0.8), (0.08, -0.02)),
    ]
    assert judged(things, steady(rate, 8)) == perfect(3)


def test_two_hundred_things_keep_theirs() -> None:
    random = np.random.default_rng(4)
    things = [
        Thing(
            (0.04 + n % 20 * 0.048, 0.06 + n // 20 * 0.09),
            tuple(random.uniform(-0.001, 0.001, 2)),
            (0.02, 0.06),
        )
        for n in range(200)
    ]
    assert judged(things, steady(5, 6), missed=0.05) == perfect(200)


def test_a_crowd_in_which_many_walk_through_one_another_is_nearly_perfect() -> None:
    things = crowd(100, seed=5, speed=0.03, size=(0.02, 0.06))
    found = judged(things, steady(10, 5), missed=0.05)
    assert found.idf1 > 0.995
    assert found.switches <= 10


@pytest.mark.parametrize("rate", [5.0, 30.0])
def test_who_leaves_does_not_give_an_identity_to_who_comes_elsewhere(rate: float) -> None:
    comers = [
        Thing((0.1 + 0.2 * n, 0.2 + 0.15 * n), (0.02, 0), hidden=((0.0, n), (n + 1.5, 99)))
        for n in range(5)
    ]
    assert judged(comers, steady(rate, 7)) == perfect(5)


def test_boxes_that_show_nothing_once_have_no_identity_where_two_frames_are_asked_for() -> None:
    ghosts = [
        Thing((0.1 * n, 0.9), hidden=((0.0, n / 10), (n / 10 + 0.05, 99))) for n in range(1, 9)
    ]
    films = list(filmed([Thing((0.2, 0.3), (0.05, 0)), *ghosts], steady(10, 2)))
    answers = followed(films, TrackSpec(min_frames=2))
    found = {thing for film, ids in answers for thing in _identified(film, ids)}
    assert found == {0}
    assert agreement(answers).switches == 0
    assert agreement(followed(films, TrackSpec(min_frames=1))).ids == 9


def _identified(film: Film, ids: Ids) -> list[int]:
    return [thing for thing, identity in zip(film.things, ids, strict=True) if identity]
