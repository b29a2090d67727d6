"""What is known of the things that are followed in the frames of one camera."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from framemesh.vision.operators.motion import Motion

Ids = NDArray[np.uint64]
"""[n]; 0 for what has no identity."""

MAX_TRACKS = 1000
"""Of one camera: three times as many things as a model finds in a frame. Those beyond it that were
not seen for longest are given up, and no new ones begin."""

COUNTED_BITS = 22
"""Of an id; the 42 bits above are milliseconds since 1970, until the year 2109."""

_MILLISECONDS = (1 << 64 - COUNTED_BITS) - 1


@dataclass(frozen=True, slots=True, eq=False)
class TrackState:
    """The tracks of one camera after a frame. Arrays are read-only."""

    captured_seconds: float
    """Of that frame, since 1970; nan before the first one."""
    next_id: int
    ids: Ids
    """[n], ascending: the order in which they began."""
    labels: tuple[str, ...]
    motion: Motion
    """[5, n, 4], at the time at which each was seen last."""
    unseen: NDArray[np.float64]
    """[n], seconds since that; 0 for what is in the frame."""
    frames: NDArray[np.int64]
    """[n], in how many it was found."""

    @property
    def nbytes(self) -> int:
        """Memory that it takes, roughly."""
        arrays = (self.ids, self.motion, self.unseen, self.frames)
        return 1000 + sum(array.nbytes for array in arrays) + 8 * len(self.labels)


def frozen(state: TrackState) -> TrackState:
    """`state`, with arrays that nobody can write to."""
    for array in (state.ids, state.motion, state.unseen, state.frames):
        array.flags.writeable = False
    return state


def begun(state: TrackState, captured_seconds: float) -> TrackState:
    """`state`, with the number of its first track where this is its first frame.

    Numbers begin with the time of the first frame, so that those of a camera do not repeat when
    another worker begins anew. When the lower bits are used up the upper ones count on, slower than
    time does: a frame begins no more than MAX_TRACKS.
    """
    if state.next_id:
        return state
    milliseconds = max(0, int(captured_seconds * 1000)) & _MILLISECONDS
    return replace(
        state, captured_seconds=captured_seconds, next_id=(milliseconds << COUNTED_BITS) + 1
    )


def only(state: TrackState, rows: NDArray[np.intp]) -> TrackState:
    """Some of the tracks."""
    return replace(
        state,
        ids=state.ids[rows],
        labels=tuple([state.labels[row] for row in rows.tolist()]),
        motion=state.motion[:, rows],
        unseen=state.unseen[rows],
        frames=state.frames[rows],
    )


def waiting(state: TrackState, elapsed: float, max_gap: float) -> TrackState:
    """The tracks that are not given up when `elapsed` seconds have passed: none was seen since."""
    state = replace(state, unseen=state.unseen + elapsed)
    rows = (state.unseen <= max_gap).nonzero()[0]
    return state if len(rows) == len(state.ids) else only(state, rows)


def seen(
    state: TrackState, captured_seconds: float, motion: Motion, rows: NDArray[np.intp]
) -> TrackState:
    """The same tracks after a frame in which those in `rows` were found."""
    unseen, frames = state.unseen.copy(), state.frames.copy()
    unseen[rows] = 0.0
    frames[rows] += 1
    return replace(
        state, captured_seconds=captured_seconds, motion=motion, unseen=unseen, frames=frames
    )


def with_new(state: TrackState, motion: Motion, labels: tuple[str, ...]) -> TrackState:
    """`state` and tracks that begin in its frame, one for each label."""
    count = len(labels)
    if not count:
        return state
    new = np.arange(state.next_id, state.next_id + count, dtype=np.uint64)
    return replace(
        state,
        next_id=state.next_id + count,
        ids=np.concatenate((state.ids, new)),
        labels=state.labels + labels,
        motion=np.concatenate((state.motion, motion), axis=1),
        unseen=np.concatenate((state.unseen, np.zeros(count))),
        frames=np.concatenate((state.frames, np.ones(count, np.int64))),
    )


NO_TRACKS = frozen(
    TrackState(
        captured_seconds=float("nan"),
        next_id=0,
        ids=np.zeros(0, np.uint64),
        labels=(),
        motion=np.zeros((5, 0, 4)),
        unseen=np.zeros(0),
        frames=np.zeros(0, np.int64),
    )
)
"""Before the first frame of a camera."""
