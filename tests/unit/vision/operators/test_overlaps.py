"""Intersection over union."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.detection import Box
from framemesh.vision.operators.overlaps import corners, overlaps

SIDES = st.tuples(*[st.floats(-0.5, 1.5)] * 4)


@pytest.mark.parametrize(
    ("other", "overlap"),
    [
        ((0, 0, 2, 2), 1.0),
        ((0, 0, 2, 1), 0.5),
        ((1, 1, 3, 3), 1 / 7),
        ((2, 0, 4, 2), 0.0),
        ((5, 5, 6, 6), 0.0),
        ((1, 1, 1, 1), 0.0),
        ((2, 2, 0, 0), 0.0),
    ],
)
def test_it_is_what_both_cover_of_what_one_covers(other: tuple[int, ...], overlap: float) -> None:
    found = overlaps(np.array([[0.0, 0, 2, 2]]), np.array([other], np.float64))
    assert found == pytest.approx(np.array([[overlap]]))


@given(st.lists(SIDES, max_size=5), st.lists(SIDES, max_size=5), st.floats(0.1, 10))
def test_it_is_mutual_within_bounds_and_the_same_in_a_frame_of_any_shape(
    some: list[tuple[float, ...]], others: list[tuple[float, ...]], aspect: float
) -> None:
    one, two = (corners(Box(*sides) for sides in each) for each in (some, others))
    found = overlaps(one, two)
    assert found.shape == (len(some), len(others))
    assert ((found >= 0) & (found <= 1)).all()
    assert found == pytest.approx(overlaps(two, one).T)
    wide = np.array((aspect, 1, aspect, 1))
    assert found == pytest.approx(overlaps(one * wide, two * wide), abs=1e-6)
