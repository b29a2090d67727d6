"""Which boxes continue which tracks: the rounds of ByteTrack, and one for things that move fast."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from framemesh.core.pipeline.operators import TrackSpec
from framemesh.vision.operators.assignment import Indices, best_pairs, indices
from framemesh.vision.operators.closeness import Closeness

Flags = NDArray[np.bool_]
Gains = NDArray[np.float64]

LOW_MIN_IOU = 0.5
"""For boxes with low scores, of which many show nothing: they are where the track was expected."""

FARTHEST = 9.49
"""Standard deviations squared: 95 of 100 things are nearer to where they are expected (chi-square
of four quantities), as in Deep SORT (arXiv 1703.07402)."""

SOME = 1e-9
"""So that an overlap that is just sufficient is better than none."""

NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What the rounds ask of each track: [n]."""

    confirmed: Flags
    """It was found often enough."""
    in_sight: Flags
    """It was found in the frame before."""


class Pairs(NamedTuple):
    """Tracks and the boxes that continue them: [k] each."""

    tracks: Indices
    boxes: Indices


def associated(
    standing: Standing, closeness: Closeness, scores: NDArray[np.float64], spec: TrackSpec
) -> Pairs:
    """Which of n tracks and m boxes belong together.

    1. Boxes with high scores, and confirmed tracks, by their overlap.
    2. Boxes with high scores that are left, and the other tracks.
    3. Boxes with low scores, and confirmed tracks that were in sight: things behind others.
    4. What is left of boxes with high scores and tracks in sight, by distance: of a thing that was
       seen once nobody knows how fast it is, and where frames are rare it may overlap nothing of
       where it was. ByteTrack, made for 30 frames/s, has no such round.

    Args:
        scores: [m].
    """
    overlap = closeness.overlaps()
    track_of = np.full(len(scores), NONE, np.intp)
    confirmed, high = standing.confirmed, scores >= spec.min_score

    def overlapping(tracks: Flags, boxes: Flags, min_iou: float) -> None:
        rows, columns = _left(track_of, tracks, boxes)
        if len(rows) and len(columns):
            _join(track_of, rows, columns, overlap[rows[:, None], columns] - (min_iou - SOME))

    overlapping(confirmed, high, spec.min_iou)
    if spec.min_frames > 1:
        overlapping(~confirmed, high, spec.min_iou)
    if not high.all():
        overlapping(confirmed & standing.in_sight, ~high, max(LOW_MIN_IOU, spec.min_iou))
    rows, columns = _left(track_of, standing.in_sight, high)
    if len(rows) and len(columns):
        _join(track_of, rows, columns, FARTHEST - closeness.distances(rows, columns))
    boxes = indices(track_of != NONE)
    return Pairs(track_of[boxes], boxes)


def _left(track_of: Indices, tracks: Flags, boxes: Flags) -> tuple[Indices, Indices]:
    """Those of `tracks` and of `boxes` that have no partner."""
    free = track_of == NONE
    columns = indices(boxes & free)
    if not len(columns):
        return columns, columns
    single = tracks.copy()
    single[track_of[~free]] = False
    return indices(single), columns


def _join(track_of: Indices, rows: Indices, columns: Indices, gains: Gains) -> None:
    """Write into `track_of` which of the tracks in `rows` and boxes in `columns` belong
    together."""
    first, second = best_pairs(gains)
    track_of[columns[second]] = rows[first]
