"""Follows things from frame to frame: boxes get the identities of tracks.

After ByteTrack (Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection
Box", arXiv 2110.06864), for frames at uneven intervals.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from framemesh.core.pipeline.operators import TrackSpec
from framemesh.vision.operators.assignment import Indices, indices
from framemesh.vision.operators.association import Pairs, Standing, associated
from framemesh.vision.operators.candidates import Candidates, candidates
from framemesh.vision.operators.closeness import Closeness
from framemesh.vision.operators.motion import (
    Motion,
    corrected,
    first_seen,
    predicted,
    quantities,
)
from framemesh.vision.operators.overlaps import Corners
from framemesh.vision.operators.track_state import (
    MAX_TRACKS,
    Ids,
    TrackState,
    begun,
    frozen,
    only,
    seen,
    waiting,
    with_new,
)

SHORTEST = 0.001
"""Seconds between two frames: no camera is faster. So tracks end, too, while a clock stands."""


def advance(
    state: TrackState,
    boxes: Corners,
    scores: NDArray[np.float64],
    labels: Sequence[str],
    captured_seconds: float,
    *,
    spec: TrackSpec,
    aspect: float,
    late: bool = False,
) -> tuple[TrackState, Ids]:
    """The state after one more frame of a camera, and the identities of its boxes.

    The same arguments give the same, and boxes in another order the same ones in that order.

    Args:
        state: after the frame before; NO_TRACKS for the first one.
        boxes: [n, 4] of finite fractions of the frame; those without area have no identity.
        scores: [n].
        labels: n of them. A track has one label for good.
        captured_seconds: since 1970. If it is less than that of the frame before no time has
            passed: the camera's clock was set back, or two frames changed places.
        spec: how things are followed.
        aspect: width / height of the frame in pixels.
        late: a newer frame was answered from the same state, so the numbers of new tracks are
            taken: no box begins one.

    Returns:
        The state, and [n] ids; 0 for boxes that continue no track and begin none, and for those of
        tracks that are not confirmed.
    """
    state = begun(state, captured_seconds)
    elapsed = max(captured_seconds - state.captured_seconds, SHORTEST)
    state = waiting(state, elapsed, spec.max_gap.total_seconds())
    found = candidates(boxes, scores, labels, spec.low_score)
    standing = Standing(state.frames >= spec.min_frames, state.unseen <= elapsed)
    expected = predicted(state.motion, state.unseen, standing.in_sight, aspect)
    closeness = Closeness.of(expected, state.labels, found, aspect)
    pairs = associated(standing, closeness, found.scores, spec)
    motion = _corrected(state, expected, found, pairs, aspect)
    state = seen(state, captured_seconds, motion, pairs.tracks)
    new = _beginning(found, pairs, spec)[: 0 if late else None]
    ids = np.zeros(len(boxes), np.uint64)
    ids[found.rows[pairs.boxes]] = _ids(state, pairs.tracks, spec)
    state = _with_room(state, standing, len(new))
    if len(new):
        motion = first_seen(quantities(found.boxes[new]), aspect)
        state = with_new(state, motion, tuple([found.labels[box] for box in new]))
        ids[found.rows[new]] = _ids(state, np.arange(-len(new), 0), spec)
    return frozen(state), ids


def _corrected(
    state: TrackState, expected: Motion, found: Candidates, pairs: Pairs, aspect: float
) -> Motion:
    """What is known of the same tracks after some of them were found."""
    motion = state.motion.copy()
    seen_now = quantities(found.boxes[pairs.boxes])
    motion[:, pairs.tracks] = corrected(expected[:, pairs.tracks], seen_now, aspect)
    return motion


def _beginning(found: Candidates, pairs: Pairs, spec: TrackSpec) -> Indices:
    """Which boxes begin a track: the best of those that continue none."""
    begins = found.scores >= spec.min_score
    begins[pairs.boxes] = False
    return indices(begins)[: MAX_TRACKS - len(pairs.boxes)]


def _ids(state: TrackState, rows: Indices, spec: TrackSpec) -> Ids:
    """Of these tracks; 0 where they are not confirmed."""
    confirmed = state.frames[rows] >= spec.min_frames
    return state.ids[rows] * confirmed


def _with_room(state: TrackState, standing: Standing, new: int) -> TrackState:
    """The tracks that stay: those of the frame, and of the others that are confirmed those that
    were seen last, as long as there is room beside `new` ones."""
    stays = indices(standing.confirmed | (state.unseen == 0))
    excess = len(stays) + new - MAX_TRACKS
    if excess > 0:
        longest_unseen = np.argsort(-state.unseen[stays], kind="stable")
        stays = np.sort(stays[longest_unseen[excess:]])
    return state if len(stays) == len(state.ids) else only(state, stays)
