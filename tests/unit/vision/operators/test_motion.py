"""The filter that expects things."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.vision.operators.motion import (
    MOST_RESIZED,
    Motion,
    corrected,
    distances,
    expected_boxes,
    first_seen,
    predicted,
    quantities,
)

ASPECT = 16 / 9


def box(x: float, y: float, width: float = 0.05, height: float = 0.2) -> list[float]:
    return [x - width / 2, y - height / 2, x + width / 2, y + height / 2]


def after(motion: Motion, seconds: float, aspect: float = ASPECT, resizing: bool = True) -> Motion:
    count = motion.shape[1]
    return predicted(motion, np.full(count, seconds), np.full(count, resizing), aspect)


def watched(boxes: list[list[float]], gap: float, aspect: float = ASPECT) -> Motion:
    """What is known of one thing after it was seen in these boxes."""
    motion = first_seen(quantities(np.array(boxes[:1])), aspect)
    for each in boxes[1:]:
        motion = corrected(after(motion, gap, aspect), quantities(np.array([each])), aspect)
    return motion


def test_a_box_becomes_quantities_and_a_box_again() -> None:
    boxes = np.array([box(0.5, 0.5), [0.0, 0.1, 0.3, 0.2]])
    assert expected_boxes(first_seen(quantities(boxes), ASPECT)) == pytest.approx(boxes)


@pytest.mark.parametrize("gap", [1 / 30, 0.2, 1.0])
def test_a_steady_velocity_is_found_whatever_the_interval(gap: float) -> None:
    boxes = [box(0.1 + 0.05 * gap * n, 0.5 - 0.02 * gap * n) for n in range(30)]
    x, y, aspect, height = watched(boxes, gap)[1, 0]
    assert (x, y) == pytest.approx((0.05, -0.02), abs=1e-3)
    assert (aspect, height) == pytest.approx((0, 0), abs=1e-3)


@given(st.floats(0, 5), st.floats(0, 5))
def test_two_waits_are_one_long_wait(first: float, second: float) -> None:
    motion = watched([box(0.1, 0.5), box(0.12, 0.5), box(0.14, 0.52)], 0.2)
    # The unit of what is not known is the size, so that stays the same here.
    motion[1, :, 3] = 0
    assert after(after(motion, first), second) == pytest.approx(after(motion, first + second))


@given(st.floats(0, 60), st.integers(1, 5))
def test_no_variance_is_ever_negative(gap: float, frames: int) -> None:
    _, _, of_place, both, of_velocity = watched([box(0.5, 0.5)] * frames, gap)
    assert (of_place > 0).all()
    assert (of_velocity > 0).all()
    assert (of_place * of_velocity - both * both > 0).all()


def test_what_is_known_becomes_less_with_time_and_more_with_each_frame() -> None:
    boxes = [box(0.5, 0.5)] * 6
    spread = [watched(boxes[:count], 0.1)[2, 0, 0] for count in range(1, 7)]
    assert spread == sorted(spread, reverse=True)
    motion = watched(boxes, 0.1)
    spread = [after(motion, gap)[2, 0, 0] for gap in (0.1, 0.5, 2.0)]
    assert spread == sorted(spread)


def test_a_hidden_thing_keeps_its_size_and_no_thing_grows_without_bound() -> None:
    motion = watched([box(0.5, 0.5, 0.05 * 1.2**n, 0.2 * 1.2**n) for n in range(5)], 0.2)
    last = motion[0, 0, 3]
    assert after(motion, 1.0, resizing=False)[0, 0, 3] == last
    assert last < after(motion, 0.2)[0, 0, 3] < MOST_RESIZED * last
    assert after(motion, 60.0)[0, 0, 3] == MOST_RESIZED * last


def test_a_frame_of_another_shape_with_the_same_things_expects_the_same() -> None:
    def narrow(sides: list[float]) -> list[float]:
        return [sides[0] / ASPECT, sides[1], sides[2] / ASPECT, sides[3]]

    boxes = [box(0.1 + 0.01 * n, 0.5, 0.3, 0.1) for n in range(4)]
    square = after(watched(boxes, 0.1, aspect=1.0), 0.5, aspect=1.0)
    wide = after(watched([narrow(each) for each in boxes], 0.1), 0.5)
    assert expected_boxes(wide) == pytest.approx(
        expected_boxes(square) / np.array((ASPECT, 1, ASPECT, 1))
    )
    elsewhere = np.array([box(0.2, 0.55, 0.3, 0.1)])
    assert distances(square, quantities(elsewhere), 1.0) == pytest.approx(
        distances(wide, quantities(elsewhere / np.array((ASPECT, 1, ASPECT, 1))), ASPECT)
    )


def test_a_new_thing_may_be_farther_from_where_it_was_than_one_whose_velocity_is_known() -> None:
    away = quantities(np.array([box(0.58, 0.5)]))
    new, known = watched([box(0.5, 0.5)], 0.2), watched([box(0.5, 0.5)] * 10, 0.2)
    near, far = (distances(after(each, 0.2), away, ASPECT)[0, 0] for each in (new, known))
    assert near < 4 < far
