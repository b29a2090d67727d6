"""Where things are expected: a Kalman filter with constant velocities, for many things at once.

After ByteTrack (Zhang et al., arXiv 2110.06864) it filters the center of a box, its aspect and its
height. Times are seconds, not frames, so frames may come at any intervals. Each of the four has its
own place and velocity and nothing joins them, so that the filter is arithmetic on arrays.
"""

import numpy as np
from numpy.typing import NDArray

from framemesh.vision.operators.overlaps import Corners

Motion = NDArray[np.float64]
"""[5, n, 4] of n things: place, velocity, variance of the place, covariance of both, variance of
the velocity; of each: center x, center y, aspect (width / height), height. x is in fractions of the
frame's width, y and height of its height, velocities are per second."""

Quantities = NDArray[np.float64]
"""[n, 4]: center x, center y, aspect, height."""

MEASURED = np.array((0.05, 0.05, 0.1, 0.05)) ** 2
"""Variance of a box that a model finds. All variances are in units of the thing's longer side for
the center, of itself for aspect and height. Of ByteTrack, whose unit is the height of a person."""

FIRST_PLACE = 4 * MEASURED
FIRST_VELOCITY = np.array((2.0, 2.0, 1e-3, 0.5)) ** 2
"""Variance of what is not known when a thing is first seen: it may move by twice its longer side
in a second, as somebody does who runs."""

WANDERING = np.array((0.075, 0.075, 0.003, 0.075))
"""What the variance of the place grows by in a second; ByteTrack's at 30 frames/s."""

ACCELERATION = np.array((1.0, 1.0, 0.0, 0.25))
"""What the variance of the velocity grows by in a second. Who walks stops within one."""

MOST_RESIZED = 2.0
"""An expected height is at most so many times larger or smaller than the last one."""


def quantities(boxes: Corners) -> Quantities:
    """[n, 4] of boxes [n, 4] that have an area."""
    sides = boxes[:, 2:] - boxes[:, :2]
    found = np.empty_like(boxes)
    found[:, :2] = boxes[:, :2] + sides / 2.0
    found[:, 2] = sides[:, 0] / sides[:, 1]
    found[:, 3] = sides[:, 1]
    return found


def expected_boxes(motion: Motion) -> Corners:
    """[n, 4]: the boxes at the places of things."""
    place = motion[0]
    half = np.empty((len(place), 2))
    half[:, 1] = place[:, 3] / 2.0
    half[:, 0] = place[:, 2] * half[:, 1]
    return np.concatenate((place[:, :2] - half, place[:, :2] + half), axis=1)


def first_seen(found: Quantities, aspect: float) -> Motion:
    """[5, n, 4] of things that were not seen before. `aspect`: width / height of the frame."""
    motion = np.zeros((5, *found.shape))
    units = _squared_units(found, aspect)
    motion[0] = found
    motion[2] = FIRST_PLACE * units
    motion[4] = FIRST_VELOCITY * units
    return motion


def predicted(
    motion: Motion, seconds: NDArray[np.float64], resizing: NDArray[np.bool_], aspect: float
) -> Motion:
    """Where things are expected when so much time has passed, and how well that is known.

    Args:
        motion: as it was when each was seen last.
        seconds: [n], since then; not negative.
        resizing: [n]: which go on growing or shrinking. One that is hidden had become smaller
            because it was hidden in part, so it does not.
        aspect: width / height of the frame.
    """
    place, velocity, variance, covariance, of_velocity = motion
    time = seconds[:, None]
    units = _squared_units(place, aspect) * time
    gained = ACCELERATION * units  # in the variance of the velocity
    after = np.empty_like(motion)
    np.add(place, time * velocity, out=after[0])
    after[1] = velocity
    by_velocity = time * (2.0 * covariance + time * (of_velocity + gained / 3.0))
    after[2] = variance + WANDERING * units + by_velocity
    after[3] = covariance + time * (of_velocity + gained / 2.0)
    np.add(of_velocity, gained, out=after[4])
    height = place[:, 3]
    largest = np.where(resizing, MOST_RESIZED, 1.0)
    after[0, :, 3] = np.minimum(np.maximum(after[0, :, 3], height / largest), height * largest)
    return after


def corrected(motion: Motion, found: Quantities, aspect: float) -> Motion:
    """What is known of things after they were found, in the order of `motion`.

    Args:
        motion: as predicted for now.
        found: [n, 4].
        aspect: width / height of the frame.
    """
    place, velocity, variance, covariance, of_velocity = motion
    total = variance + MEASURED * _squared_units(place, aspect)
    of_place, to_velocity = variance / total, covariance / total
    surprise = found - place
    kept = 1.0 - of_place
    after = np.empty_like(motion)
    after[0] = place + of_place * surprise
    after[1] = velocity + to_velocity * surprise
    after[2] = kept * variance
    after[3] = kept * covariance
    after[4] = of_velocity - to_velocity * covariance
    return after


def distances(motion: Motion, found: Quantities, aspect: float) -> NDArray[np.float64]:
    """[n, m]: by how many standard deviations squared each of `found` is off what is expected of
    each thing, in all four quantities together (the Mahalanobis distance, squared)."""
    total = motion[2] + MEASURED * _squared_units(motion[0], aspect)
    surprise = found - motion[0][:, None]
    away: NDArray[np.float64] = (surprise * surprise / total[:, None]).sum(axis=2)
    return away


def _squared_units(place: Quantities, aspect: float) -> Quantities:
    """[n, 4]: what a variance of 1 is, of each quantity."""
    height = place[:, 3]
    longer = height * np.maximum(1.0, place[:, 2] * aspect)
    units = place.copy()
    units[:, 0] = longer / aspect
    units[:, 1] = longer
    return units * units
