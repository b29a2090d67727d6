"""Boxes that were there before are left out."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framemesh.core.pipeline.operators import DedupeSpec
from framemesh.vision.operators.deduplication import (
    MAX_PASSED,
    NOTHING_PASSED,
    PassedState,
    dedupe,
)
from framemesh.vision.operators.overlaps import Corners

NOW = 1_800_000_000.0
SPEC = DedupeSpec(min_iou=0.5, within=timedelta(seconds=10))


def look(
    state: PassedState, places: list[float], seconds: float, label: str = "car"
) -> tuple[PassedState, list[bool]]:
    """A frame with boxes that begin at these places and are 0.1 wide."""
    boxes = np.array([(x, 0.0, x + 0.1, 1.0) for x in places]).reshape(-1, 4)
    state, passed = dedupe(state, boxes, [label] * len(boxes), NOW + seconds, spec=SPEC)
    return state, passed.tolist()


def test_what_is_there_again_is_left_out_and_what_is_new_is_passed_on() -> None:
    state, passed = look(NOTHING_PASSED, [0.1, 0.5], 0)
    assert passed == [True, True]
    state, passed = look(state, [0.52, 0.8, 0.1], 1)
    assert passed == [False, True, False]
    assert look(state, [0.81], 2)[1] == [False]


def test_another_label_in_the_same_place_is_new() -> None:
    state, _ = look(NOTHING_PASSED, [0.1], 0)
    assert look(state, [0.1], 1, "truck")[1] == [True]


def test_what_stays_is_passed_on_again_after_its_time() -> None:
    state, seen = NOTHING_PASSED, []
    for second in range(23):
        state, (passed,) = look(state, [0.1], second)
        seen += [second] if passed else []
    assert seen == [0, 11, 22]


@pytest.mark.parametrize(("moved", "passed"), [(0.03, False), (0.04, True)])
def test_the_overlap_tells_what_is_the_same(moved: float, passed: bool) -> None:
    state, _ = look(NOTHING_PASSED, [0.1], 0)
    # 7 of 13 parts overlap, or 6 of 14.
    assert look(state, [0.1 + moved], 1)[1] == [passed]


def test_boxes_of_one_frame_do_not_hold_one_another_back() -> None:
    assert look(NOTHING_PASSED, [0.1, 0.1], 0)[1] == [True, True]


def test_a_clock_that_is_set_back_forgets_nothing_and_lets_nothing_stay_for_longer() -> None:
    state, _ = look(NOTHING_PASSED, [0.1], 0)
    state, passed = look(state, [0.1], -3600)
    assert passed == [False]
    state, passed = look(state, [0.1], -3591)
    assert passed == [False]
    assert look(state, [0.1], -3589)[1] == [True]


def test_no_more_than_the_bound_are_remembered_and_the_newest_stay() -> None:
    state = NOTHING_PASSED
    for n in range(6):
        state, passed = look(state, [1000.0 * n + x for x in range(200)], n)
        assert all(passed)
    assert len(state.boxes) == len(state.labels) == len(state.ages) == MAX_PASSED
    assert look(state, [1000.0, 0.0], 6)[1] == [False, True]


def test_a_state_cannot_be_written_to_and_tells_its_size() -> None:
    state, _ = look(NOTHING_PASSED, [0.1], 0)
    assert not state.boxes.flags.writeable
    assert not state.ages.flags.writeable
    assert state.nbytes - NOTHING_PASSED.nbytes == 4 * 8 + 8 + 8


BOXES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from("ab")), max_size=6)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from((0.0, 1.0, 6.0, 20.0)), BOXES), max_size=8))
def test_it_agrees_with_what_is_asked_word_by_word(
    frames: list[tuple[float, list[tuple[int, int, str]]]],
) -> None:
    """Against a list of all that was passed on."""
    state, seconds = NOTHING_PASSED, NOW
    ever: list[tuple[float, Corners, str]] = []
    for gap, found in frames:
        seconds += gap
        boxes = np.array([(x, y, x + 3.0, y + 3.0) for x, y, _ in found]).reshape(-1, 4)
        labels = [label for _, _, label in found]
        state, passed = dedupe(state, boxes, labels, seconds, spec=SPEC)
        there = [
            any(
                when >= seconds - 10 and other == label and _iou(box, old) >= SPEC.min_iou
                for when, old, other in ever
            )
            for box, label in zip(boxes, labels, strict=True)
        ]
        assert passed.tolist() == [not each for each in there]
        ever += [(seconds, boxes[n], labels[n]) for n in np.flatnonzero(passed)]


def _iou(one: Corners, two: Corners) -> float:
    width, height = (min(one[n + 2], two[n + 2]) - max(one[n], two[n]) for n in (0, 1))
    shared = max(0.0, float(width)) * max(0.0, float(height))
    return shared / (18 - shared)
