"""Leaves out boxes that were there before."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framemesh.core.pipeline.operators import DedupeSpec
from framemesh.vision.operators.assignment import indices
from framemesh.vision.operators.candidates import label_numbers, numbered
from framemesh.vision.operators.overlaps import Corners, overlaps

MAX_PASSED = 1000
"""Boxes of one camera that are remembered. Beyond it the oldest are forgotten, and may be passed on
again before their time."""


@dataclass(frozen=True, slots=True, eq=False)
class PassedState:
    """The boxes of one camera that were passed on. Arrays are read-only."""

    captured_seconds: float
    """Of the newest frame, since 1970; nan before the first one."""
    boxes: Corners
    """[n, 4], the newest last."""
    labels: tuple[str, ...]
    ages: NDArray[np.float64]
    """[n], seconds since each was passed on."""

    @property
    def nbytes(self) -> int:
        """Memory that it takes, roughly."""
        return 500 + self.boxes.nbytes + self.ages.nbytes + 8 * len(self.labels)


NOTHING_PASSED = PassedState(float("nan"), np.zeros((0, 4)), (), np.zeros(0))
"""Before the first frame of a camera."""


def dedupe(
    state: PassedState,
    boxes: Corners,
    labels: Sequence[str],
    captured_seconds: float,
    *,
    spec: DedupeSpec,
) -> tuple[PassedState, NDArray[np.bool_]]:
    """The state after one more frame of a camera, and which of its boxes are passed on.

    Boxes of one frame do not hold one another back.

    Args:
        state: after the frame before; NOTHING_PASSED for the first one.
        boxes: [n, 4].
        labels: n of them.
        captured_seconds: since 1970. If it is less than that of the frame before no time has
            passed.
        spec: what counts as the same.

    Returns:
        The state, and [n] flags.
    """
    elapsed = captured_seconds - state.captured_seconds
    ages = state.ages + max(0.0, elapsed) if len(state.ages) else state.ages
    remembered = indices(ages <= spec.within.total_seconds())
    before = tuple([state.labels[row] for row in remembered.tolist()])
    numbers = numbered(before, labels)
    same = label_numbers(before, numbers)[:, None] == label_numbers(labels, numbers)
    there = overlaps(state.boxes[remembered], boxes) >= spec.min_iou
    passed = ~(same & there).any(axis=0)
    rows = indices(passed)
    new = tuple([labels[row] for row in rows.tolist()])
    return (
        PassedState(
            captured_seconds,
            _newest(state.boxes[remembered], boxes[rows]),
            (before + new)[-MAX_PASSED:],
            _newest(ages[remembered], np.zeros(len(rows))),
        ),
        passed,
    )


def _newest(some: NDArray[np.float64], more: NDArray[np.float64]) -> NDArray[np.float64]:
    """Both together, without the oldest where they are too many."""
    together = np.concatenate((some, more))[-MAX_PASSED:]
    together.flags.writeable = False
    return together
