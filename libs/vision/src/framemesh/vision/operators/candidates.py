"""The boxes of a frame that may belong to tracks, in an order that follows from them alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framemesh.vision.operators.assignment import Indices, indices
from framemesh.vision.operators.overlaps import Corners, areas

LEAST_AREA = 1e-12
"""In fractions of the frame: a millionth of a pixel. Of less no shape can be computed."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Boxes that are usable: finite, with an area, and with a score that is not too low."""

    rows: Indices
    """[k]: which boxes of the frame they are. The best score comes first, and equal ones in the
    order of their places: in which order a model found them does not matter."""
    boxes: Corners
    """[k, 4]."""
    scores: NDArray[np.float64]
    """[k]."""
    labels: tuple[str, ...]


def candidates(
    boxes: Corners, scores: NDArray[np.float64], labels: Sequence[str], low_score: float
) -> Candidates:
    """Those of a frame; boxes [n, 4], scores [n], and n labels."""
    rows = indices((scores >= low_score) & np.isfinite(boxes).all(axis=1))
    rows = rows[areas(boxes[rows]) > LEAST_AREA]
    keys = np.empty((6, len(boxes)))  # the last one counts most
    keys[0] = label_numbers(labels, numbered(labels))
    keys[1:5] = boxes.T
    keys[5] = -scores
    rows = rows[np.lexsort(keys[:, rows])]
    named = tuple([labels[row] for row in rows.tolist()])
    return Candidates(rows, boxes[rows], scores[rows], named)


def numbered(*labels: Iterable[str]) -> Mapping[str, int]:
    """A number for each label; they ascend with it."""
    return {label: number for number, label in enumerate(sorted(set().union(*labels)))}


def label_numbers(labels: Sequence[str], numbers: Mapping[str, int]) -> Indices:
    """[n]: the number of each label."""
    return np.array([numbers[label] for label in labels], np.intp)
