"""What holds of any frames: identities are unique, repeatable, and do not depend on the order."""

from datetime import timedelta
from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from framemesh.core.pipeline.operators import TrackSpec
from framemesh.vision.operators.track_state import MAX_TRACKS, NO_TRACKS, Ids, TrackState
from framemesh.vision.operators.tracking import advance

NOW = 1_800_000_000.0


class Look(NamedTuple):
    """A frame: seconds since the one before, and x, y, score and label of boxes."""

    gap: float
    boxes: list[tuple[float, float, float, str]]


GRID = st.integers(0, 12).map(lambda n: n / 12)
"""So that boxes overlap, and some alike."""

BOXES = st.lists(
    st.tuples(GRID, GRID, st.sampled_from((0.05, 0.3, 0.6, 0.9)), st.sampled_from("ab")),
    max_size=8,
    unique=True,
)
LOOKS = st.lists(
    st.builds(Look, st.sampled_from((-5.0, 0.0, 0.03, 0.2, 1.0, 3.0)), BOXES), max_size=6
)
SPECS = st.builds(
    TrackSpec,
    min_score=st.just(0.5),
    low_score=st.just(0.2),
    min_iou=st.sampled_from((0.1, 0.5)),
    max_gap=st.sampled_from((timedelta(seconds=0.1), timedelta(seconds=2))),
    min_frames=st.integers(1, 3),
)

FEW = settings(max_examples=30)
"""Of some 20 frames each."""


def step(state: TrackState, look: Look, seconds: float, spec: TrackSpec) -> tuple[TrackState, Ids]:
    boxes = np.array([(x, y, x + 0.2, y + 0.3) for x, y, _, _ in look.boxes]).reshape(-1, 4)
    scores = np.array([score for _, _, score, _ in look.boxes])
    labels = [label for _, _, _, label in look.boxes]
    return advance(state, boxes, scores, labels, seconds, spec=spec, aspect=1.5)


def watched(looks: list[Look], spec: TrackSpec) -> tuple[TrackState, list[Ids]]:
    state, seconds, seen = NO_TRACKS, NOW, []
    for look in looks:
        seconds += look.gap
        state, ids = step(state, look, seconds, spec)
        seen.append(ids)
    return state, seen


@FEW
@given(LOOKS, SPECS)
def test_no_two_boxes_of_a_frame_have_one_identity(looks: list[Look], spec: TrackSpec) -> None:
    for ids in watched(looks, spec)[1]:
        given_ = ids[ids > 0]
        assert len(np.unique(given_)) == len(given_)


@FEW
@given(LOOKS, SPECS)
def test_an_identity_has_one_label_and_high_scores_have_one(
    looks: list[Look], spec: TrackSpec
) -> None:
    labels: dict[int, str] = {}
    for look, ids in zip(looks, watched(looks, spec)[1], strict=True):
        for (_, _, score, label), identity in zip(look.boxes, ids.tolist(), strict=True):
            if identity:
                assert labels.setdefault(identity, label) == label
                assert score >= spec.low_score
            else:
                assert score < spec.min_score or spec.min_frames > 1


@FEW
@given(LOOKS, SPECS)
def test_the_same_frames_give_the_same(looks: list[Look], spec: TrackSpec) -> None:
    one, other = watched(looks, spec), watched(looks, spec)
    assert [ids.tolist() for ids in one[1]] == [ids.tolist() for ids in other[1]]
    assert one[0].motion.tobytes() == other[0].motion.tobytes()
    assert one[0].next_id == other[0].next_id


@FEW
@given(LOOKS, SPECS, st.randoms(use_true_random=False))
def test_boxes_in_another_order_have_the_same_identities_in_that_order(
    looks: list[Look], spec: TrackSpec, random: np.random.Generator
) -> None:
    orders = [list(range(len(look.boxes))) for look in looks]
    for order in orders:
        random.shuffle(order)
    shuffled = [
        Look(look.gap, [look.boxes[n] for n in order])
        for look, order in zip(looks, orders, strict=True)
    ]
    for ids, same, order in zip(
        watched(looks, spec)[1], watched(shuffled, spec)[1], orders, strict=True
    ):
        assert ids[order].tolist() == same.tolist()


@FEW
@given(LOOKS, SPECS)
def test_a_state_grows_by_no_more_than_the_boxes_of_a_frame(
    looks: list[Look], spec: TrackSpec
) -> None:
    state, seconds = NO_TRACKS, NOW
    for look in looks:
        seconds += look.gap
        before = len(state.ids)
        state, _ = step(state, look, seconds, spec)
        high = sum(score >= spec.min_score for _, _, score, _ in look.boxes)
        assert len(state.ids) <= min(MAX_TRACKS, before + high)
        assert state.motion.shape == (5, len(state.ids), 4)
        assert len(state.labels) == len(state.unseen) == len(state.frames) == len(state.ids)
        assert (np.diff(state.ids.astype(object)) > 0).all()
        assert (state.unseen <= spec.max_gap.total_seconds()).all()
        assert np.isfinite(state.motion).all()


@FEW
@given(LOOKS, SPECS)
def test_a_frame_that_is_looked_at_again_gives_the_same(looks: list[Look], spec: TrackSpec) -> None:
    state, seconds = NO_TRACKS, NOW
    for look in looks:
        seconds += look.gap
        after, ids = step(state, look, seconds, spec)
        step(after, look, seconds + 1, spec)
        again, same = step(state, look, seconds, spec)
        assert ids.tolist() == same.tolist()
        assert after.motion.tobytes() == again.motion.tobytes()
        state = after
