"""What a frame does to the tracks of its camera."""

from datetime import timedelta

import numpy as np
import pytest

from framemesh.core.pipeline.operators import TrackSpec
from framemesh.vision.operators.track_state import (
    COUNTED_BITS,
    MAX_TRACKS,
    NO_TRACKS,
    TrackState,
)
from framemesh.vision.operators.tracking import advance

NOW = 1_800_000_000.0

Found = tuple[float, float]
"""Center x, and score."""


def look(
    state: TrackState,
    found: list[Found],
    seconds: float,
    spec: TrackSpec = TrackSpec(),  # noqa: B008
    *,
    label: str = "car",
    late: bool = False,
) -> tuple[TrackState, list[int]]:
    """A frame with boxes of one size side by side."""
    boxes = np.array([(x - 0.05, 0.4, x + 0.05, 0.6) for x, _ in found]).reshape(-1, 4)
    scores = np.array([score for _, score in found])
    labels = [label] * len(found)
    state, ids = advance(
        state, boxes, scores, labels, NOW + seconds, spec=spec, aspect=1.5, late=late
    )
    return state, ids.tolist()


def test_ids_begin_with_the_time_of_the_first_frame_and_count_on() -> None:
    state, _ = look(NO_TRACKS, [], 0.25)
    state, first = look(state, [(0.2, 0.9), (0.6, 0.8)], 10)
    _, second = look(state, [(0.2, 0.9), (0.6, 0.8), (0.9, 0.7)], 10.1)
    begin = int((NOW + 0.25) * 1000) << COUNTED_BITS
    assert first == [begin + 1, begin + 2]
    assert second == [*first, begin + 3]
    assert begin + 3 < 2**64


def test_another_worker_that_begins_anew_repeats_no_id() -> None:
    _, some = look(NO_TRACKS, [(0.2, 0.9), (0.6, 0.8)], 0)
    _, others = look(NO_TRACKS, [(0.2, 0.9), (0.6, 0.8)], 0.04)
    assert not set(some) & set(others)
    assert look(NO_TRACKS, [(0.2, 0.9), (0.6, 0.8)], 0)[1] == some


@pytest.mark.parametrize("seconds", [-NOW - 5, 2**62])
def test_a_clock_that_is_far_off_gives_ids_all_the_same(seconds: float) -> None:
    _, ids = look(NO_TRACKS, [(0.2, 0.9), (0.6, 0.8)], seconds)
    assert 0 < ids[0] < ids[1] < 2**64


def test_a_track_has_one_label() -> None:
    state, (car,) = look(NO_TRACKS, [(0.2, 0.9)], 0)
    state, (truck,) = look(state, [(0.2, 0.9)], 0.1, label="truck")
    assert truck != car
    assert look(state, [(0.2, 0.9)], 0.2)[1] == [car]


def test_two_labels_in_the_same_place_have_two_tracks() -> None:
    state, boxes = NO_TRACKS, np.array([[0.1, 0.1, 0.3, 0.3]] * 2)
    scores = np.array((0.9, 0.8))
    seen = []
    for n, labels in enumerate((["car", "truck"], ["truck", "car"])):
        time = NOW + n / 10
        state, ids = advance(state, boxes, scores, labels, time, spec=TrackSpec(), aspect=1.0)
        seen.append(dict(zip(labels, ids.tolist(), strict=True)))
    assert seen[0] == seen[1]
    assert len(set(seen[0].values())) == 2


def test_low_scores_continue_what_is_in_sight_and_begin_nothing() -> None:
    spec = TrackSpec(min_score=0.5, low_score=0.2)
    state, (car,) = look(NO_TRACKS, [(0.2, 0.9)], 0, spec)
    state, ids = look(state, [(0.2, 0.3), (0.7, 0.3)], 0.1, spec)
    assert ids == [car, 0]
    state, ids = look(state, [(0.2, 0.1)], 0.2, spec)
    assert ids == [0]
    # Now it is not in sight, and only a high score finds it again.
    state, ids = look(state, [(0.2, 0.3)], 0.3, spec)
    assert ids == [0]
    assert look(state, [(0.2, 0.9)], 0.4, spec)[1] == [car]


def test_a_track_waits_for_the_gap_and_no_longer() -> None:
    spec = TrackSpec(max_gap=timedelta(seconds=1))
    state, (car,) = look(NO_TRACKS, [(0.2, 0.9)], 0, spec)
    for n in range(1, 5):
        state, _ = look(state, [], n / 5, spec)
    assert look(state, [(0.2, 0.9)], 0.95, spec)[1] == [car]
    state, (other,) = look(state, [(0.2, 0.9)], 1.05, spec)
    assert other != car
    assert len(state.ids) == 1


def test_a_gap_shorter_than_two_frames_gives_up_what_one_frame_misses() -> None:
    spec = TrackSpec(max_gap=timedelta(milliseconds=150))
    state, (car,) = look(NO_TRACKS, [(0.2, 0.9)], 0, spec)
    state, ids = look(state, [(0.2, 0.9)], 0.1, spec)
    assert ids == [car]
    state, _ = look(state, [], 0.2, spec)
    assert look(state, [(0.2, 0.9)], 0.3, spec)[1] != [car]


def test_the_overlap_that_is_asked_for_is_sufficient() -> None:
    spec = TrackSpec(min_iou=1.0)
    state, (car,) = look(NO_TRACKS, [(0.25, 0.9)], 0, spec)
    # With a low score, which no distance makes up for.
    assert look(state, [(0.25, 0.3)], 0.1, spec)[1] == [car]
    assert look(state, [(0.26, 0.3)], 0.1, spec)[1] == [0]


@pytest.mark.parametrize(("moved", "continued"), [(0.02, True), (0.04, False)])
def test_low_scores_need_half_of_what_both_cover(moved: float, continued: bool) -> None:
    state, (car,) = look(NO_TRACKS, [(0.2, 0.9)], 0, TrackSpec(min_iou=0.1))
    # 8 of 12 parts overlap, or 6 of 14.
    _, ids = look(state, [(0.2 + moved, 0.3)], 0.1, TrackSpec(min_iou=0.1))
    assert ids == [car if continued else 0]


def test_only_what_was_in_sight_may_be_far_from_where_it_was() -> None:
    state, (car,) = look(NO_TRACKS, [(0.2, 0.9)], 0)
    assert look(state, [(0.35, 0.9)], 0.5)[1] == [car]
    state, _ = look(state, [], 0.25)
    assert look(state, [(0.35, 0.9)], 0.5)[1] != [car]


def test_a_thing_is_confirmed_when_it_was_found_in_so_many_frames_in_a_row() -> None:
    spec = TrackSpec(min_frames=3)
    state, ids = look(NO_TRACKS, [(0.2, 0.9)], 0, spec)
    assert ids == [0]
    state, ids = look(state, [(0.2, 0.9)], 0.1, spec)
    assert ids == [0]
    missed, _ = look(state, [], 0.2, spec)
    assert len(missed.ids) == 0
    state, (car,) = look(state, [(0.2, 0.9)], 0.2, spec)
    assert car == state.ids[0] > 0
    # From then on it may be missed.
    state, _ = look(state, [], 0.3, spec)
    assert look(state, [(0.2, 0.9)], 0.4, spec)[1] == [car]


def test_a_clock_that_is_set_back_ends_no_track_and_keeps_none_for_ever() -> None:
    spec = TrackSpec(max_gap=timedelta(seconds=1))
    state, (car, other) = look(NO_TRACKS, [(0.2, 0.9), (0.7, 0.8)], 0, spec)
    state, ids = look(state, [(0.2, 0.9)], -3600, spec)
    assert ids == [car]
    state, ids = look(state, [(0.2, 0.9), (0.7, 0.8)], -3599.5, spec)
    assert ids == [car, other]
    for n in range(3):
        state, _ = look(state, [(0.2, 0.9)], -3599 + n / 2, spec)
    assert state.ids.tolist() == [car]


def test_tracks_end_while_the_clock_stands() -> None:
    spec = TrackSpec(max_gap=timedelta(milliseconds=100))
    state, _ = look(NO_TRACKS, [(0.2, 0.9)], 0, spec)
    for _ in range(110):
        state, _ = look(state, [], 0, spec)
    assert len(state.ids) == 0


def test_a_late_frame_begins_no_track() -> None:
    state, (car,) = look(NO_TRACKS, [(0.2, 0.9)], 0)
    after, ids = look(state, [(0.2, 0.9), (0.7, 0.9)], 0.1, late=True)
    assert ids == [car, 0]
    assert after.next_id == state.next_id


def test_boxes_that_are_none_have_no_identity_and_leave_the_others_theirs() -> None:
    boxes = np.array(
        [
            [0.1, 0.1, 0.2, 0.2],
            [0.3, 0.3, 0.3, 0.4],
            [0.5, 0.5, 0.4, 0.6],
            [np.nan, 0.1, 0.2, 0.2],
            [0.1, 0.1, np.inf, 0.1],
            [0.1, 0.1, 0.2, 0.1 + 1e-15],
            [0.6, 0.6, 0.7, 0.7],
        ]
    )
    scores = np.array([0.9, 0.9, 0.9, 0.9, 0.9, 0.9, np.nan])
    state = NO_TRACKS
    for n in range(2):
        state, ids = advance(
            state, boxes, scores, ["car"] * 7, NOW + n / 10, spec=TrackSpec(), aspect=1.0
        )
        assert ids[0] > 0
        assert not ids[1:].any()
    assert len(state.ids) == 1
    assert np.isfinite(state.motion).all()


def test_there_are_no_more_tracks_than_the_bound_and_the_best_boxes_have_them() -> None:
    side = 34
    places = [(x, y) for x in range(side) for y in range(side)]
    boxes = np.array([(x, y, x + 0.9, y + 0.9) for x, y in places]) / side
    scores = np.linspace(0.6, 0.9, len(boxes))
    labels = ["car"] * len(boxes)
    state, ids = advance(NO_TRACKS, boxes, scores, labels, NOW, spec=TrackSpec(), aspect=1.0)
    assert len(state.ids) == (ids > 0).sum() == MAX_TRACKS
    assert (ids[-MAX_TRACKS:] > 0).all()
    # What is not seen gives way to what is, and that which was seen last stays longest.
    half = len(boxes) // 2
    state, kept = advance(
        state, boxes[half:], scores[half:], labels[half:], NOW + 0.1, spec=TrackSpec(), aspect=1.0
    )
    assert (kept == ids[half:]).all()
    state, new = advance(
        state, boxes[:half], scores[:half], labels[:half], NOW + 0.2, spec=TrackSpec(), aspect=1.0
    )
    assert len(state.ids) == MAX_TRACKS
    assert (new > 0).all()
    assert np.isin(kept, state.ids).sum() == MAX_TRACKS - half


def test_a_state_cannot_be_written_to_and_tells_its_size() -> None:
    state, _ = look(NO_TRACKS, [(0.2, 0.9)], 0)
    for array in (state.ids, state.motion, state.unseen, state.frames):
        assert not array.flags.writeable
    bigger, _ = look(state, [(0.2, 0.9), (0.7, 0.9)], 0.1)
    assert bigger.nbytes - state.nbytes == 5 * 4 * 8 + 4 * 8


def test_two_labels_in_the_same_place_with_one_score_begin_in_the_order_of_their_names() -> None:
    boxes, scores = np.array([[0.1, 0.1, 0.3, 0.3]] * 2), np.array((0.9, 0.9))
    for labels in (["car", "truck"], ["truck", "car"]):
        _, ids = advance(NO_TRACKS, boxes, scores, labels, NOW, spec=TrackSpec(), aspect=1.0)
        assert ids[labels.index("car")] < ids[labels.index("truck")]


@pytest.mark.parametrize("min_frames", [1, 2])
def test_a_thing_that_changes_its_shape_where_it_is_stays_the_same(min_frames: int) -> None:
    spec, score = TrackSpec(min_frames=min_frames), np.array([0.9])
    tall, low = np.array([[0.1, 0.1, 0.2, 0.5]]), np.array([[0.1, 0.28, 0.2, 0.5]])
    state, _ = advance(NO_TRACKS, tall, score, ["person"], NOW, spec=spec, aspect=1.0)
    after, ids = advance(state, low, score, ["person"], NOW + 0.1, spec=spec, aspect=1.0)
    assert ids == after.ids == state.ids
