"""Which of overlapping boxes are kept, against a greedy comparison of pairs."""

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from framemesh.modeling.manifest import DecoderSpec, Suppression
from framemesh.worker.vision.decoders.suppression import (
    MAX_CANDIDATES,
    non_max_suppression,
    select_detections,
)
from framemesh.worker.vision.decoders.yolo.rotation import probabilistic_iou, rotated_suppression
from tests.model_families import yolo_reference
from tests.model_families.reading import Corners
from tests.model_families.soft_reference import gaussian, linear, softened
from tests.model_families.yolo_reference import Found

sides = st.integers(-10, 70)
lengths = st.integers(1, 50)
boxes = st.builds(
    lambda x, y, width, height: (x / 64, y / 64, (x + width) / 64, (y + height) / 64),
    sides,
    sides,
    lengths,
    lengths,
)
oriented = st.tuples(
    st.integers(0, 60),
    st.integers(0, 60),
    st.integers(2, 40),
    st.integers(2, 40),
    st.floats(-1.5, 3.0, width=32),
)
thresholds = st.floats(0.05, 0.95)
NEAR = 1e-6
"""An overlap so near to the threshold may be rounded to either side of it."""


def listed(corners: list[Corners], classes: list[int]) -> list[Found]:
    """The best first."""
    pairs = zip(corners, classes, strict=True)
    return [Found(number, 1 - at / 100, box) for at, (box, number) in enumerate(pairs)]


def clear(found: list[Found], threshold: float) -> bool:
    return all(
        abs(yolo_reference.overlap(one.corners, other.corners) - threshold) > NEAR
        for at, one in enumerate(found)
        for other in found[:at]
    )


@given(st.lists(st.tuples(boxes, st.integers(0, 2)), min_size=1, max_size=12), thresholds)
def test_a_box_stays_unless_a_better_one_of_its_class_overlaps(
    things: list[tuple[Corners, int]], threshold: float
) -> None:
    corners, classes = [box for box, _ in things], [number for _, number in things]
    found = listed(corners, classes)
    assume(clear(found, threshold))
    kept = non_max_suppression(
        np.array(corners, np.float32), np.array(classes, np.intp), threshold, 100
    )
    expected = yolo_reference.without_doubles(found, threshold)
    assert [found[at] for at in kept] == expected


@given(st.lists(st.tuples(boxes, st.integers(0, 2)), min_size=1, max_size=12), thresholds)
def test_classes_do_not_matter_where_they_are_not_asked_for(
    things: list[tuple[Corners, int]], threshold: float
) -> None:
    corners, classes = [box for box, _ in things], [number for _, number in things]
    found = listed(corners, classes)
    assume(clear(found, threshold))
    shown = [one for one in found if visible(one.corners)]
    seen = select_detections(
        np.array(corners, np.float32),
        np.array([one.score for one in found], np.float32),
        np.array(classes, np.intp),
        DecoderSpec("yolov8", iou_threshold=threshold, agnostic=True),
    )
    expected = yolo_reference.without_doubles(shown, threshold, agnostic=True)
    assert [one.class_id for one in seen] == [one.class_id for one in expected]


def visible(box: Corners) -> bool:
    return max(0.0, box[0]) < min(1.0, box[2]) and max(0.0, box[1]) < min(1.0, box[3])


@settings(deadline=None)  # it promises no time
@given(st.lists(st.tuples(boxes, st.integers(0, 2)), min_size=1, max_size=12), thresholds)
def test_a_soft_suppression_lowers_the_scores_of_what_overlaps_a_better_box(
    things: list[tuple[Corners, int]], threshold: float
) -> None:
    found = [
        one
        for one in listed([box for box, _ in things], [number for _, number in things])
        if visible(one.corners)
    ]
    assume(clear(found, threshold))
    for spec, decay in (
        (soft(Suppression.SOFT_LINEAR, iou_threshold=threshold), linear(threshold)),
        (soft(Suppression.SOFT_GAUSSIAN, sigma=threshold), gaussian(threshold)),
    ):
        expected = softened(found, decay, spec.score_threshold)
        scores = [one.score for one in expected]
        # What is as good as another may come before or behind it.
        assume(all(abs(one - two) > NEAR for one, two in pairwise(scores)))
        assume(all(abs(score - spec.score_threshold) > NEAR for score in scores))
        seen = select_detections(
            np.array([one.corners for one in found], np.float32).reshape(-1, 4),
            np.array([one.score for one in found], np.float32),
            np.array([one.class_id for one in found], np.intp),
            spec,
        )
        assert [one.class_id for one in seen] == [one.class_id for one in expected]
        np.testing.assert_allclose([one.score for one in seen], scores, atol=1e-6)


def soft(suppression: Suppression, **options: Any) -> DecoderSpec:
    return DecoderSpec("yolov8", 0.3, suppression=suppression, **options)


def test_a_soft_suppression_of_thousands_of_boxes_ends_at_the_limit() -> None:
    random = np.random.default_rng(5)
    left_top = random.uniform(0, 0.5, (MAX_CANDIDATES, 2))
    seen = select_detections(
        np.concatenate([left_top, left_top + 0.4], axis=1).astype(np.float32),
        random.uniform(0.5, 1, MAX_CANDIDATES).astype(np.float32),
        np.zeros(MAX_CANDIDATES, np.intp),
        DecoderSpec(
            "yolov8", 0.01, max_detections=50, suppression=Suppression.SOFT_GAUSSIAN, sigma=10
        ),
    )
    scores = [one.score for one in seen]
    assert len(scores) == 50
    assert scores == sorted(scores, reverse=True)


@given(st.lists(st.tuples(oriented, st.integers(0, 1)), min_size=1, max_size=10), thresholds)
def test_an_oriented_box_stays_unless_a_better_one_of_its_class_overlaps(
    things: list[tuple[tuple[float, ...], int]], threshold: float
) -> None:
    found = [
        Found(number, 1 - at / 100, (0, 0, 1, 1), oriented=box)
        for at, (box, number) in enumerate(things)
    ]
    assume(
        all(
            abs(yolo_reference.rotated_overlap(one.oriented, other.oriented) - threshold) > 1e-3
            for at, one in enumerate(found)
            for other in found[:at]
        )
    )
    kept = rotated_suppression(
        np.array([box for box, _ in things], np.float32),
        np.array([number for _, number in things], np.intp),
        threshold,
        100,
    )
    assert [found[at] for at in kept] == yolo_reference.without_rotated_doubles(found, threshold)


def test_many_oriented_boxes_are_compared_block_by_block_up_to_the_limit() -> None:
    random = np.random.default_rng(3)
    many = np.stack(
        [random.uniform(low, high, 300) for low, high in ((0, 600), (0, 600), (9, 60), (9, 60))]
        + [random.uniform(0, 3, 300)],
        axis=1,
    ).astype(np.float32)
    same = np.zeros(300, np.intp)
    all_kept = rotated_suppression(many, same, 0.1, 300)
    expected = yolo_reference.without_rotated_doubles(
        [Found(0, 1 - at / 300, (0, 0, 1, 1), oriented=tuple(box)) for at, box in enumerate(many)],
        0.1,
    )
    assert len(all_kept) == len(expected) < 300
    assert rotated_suppression(many, same, 0.1, 20).tolist() == all_kept[:20].tolist()


def test_a_box_overlaps_itself_wholly_and_a_far_one_not_at_all() -> None:
    pair = np.array([[10, 10, 8, 4, 0.3], [500, 500, 8, 4, 0.3]], np.float32)
    overlaps = probabilistic_iou(pair, pair)
    np.testing.assert_allclose(overlaps, np.eye(2), atol=1e-3)
