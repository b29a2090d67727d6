"""Detections of two models are matched, and the differences add up."""

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.detection import Box, Detection
from framemesh.core.frame import FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.master.shadows.comparison import MAX_CLASSES, MAX_EXAMPLES, OTHERS, Comparison
from framemesh.master.shadows.matching import MIN_IOU, intersection_over_union, matching

SECOND = 10**9


def outcome(*detections: Detection, fate: Fate = Fate.DONE, reason: str = "") -> Outcome:
    return Outcome(
        FrameId("north", "s", 1), "street", fate, 0, SECOND, "w", reason, detections=detections
    )


def person(left: float, score: float = 0.9, label: str = "person") -> Detection:
    return Detection("detect", label, 0, score, Box(left, 0.0, left + 0.2, 0.2))


def has_area(box: Box) -> bool:
    return intersection_over_union(box, box) > 0


sides = st.floats(0, 1, allow_nan=False)
boxes = st.builds(
    lambda x, y, width, height: Box(x, y, x + width, y + height), sides, sides, sides, sides
)
detections = st.builds(
    Detection,
    stage=st.sampled_from(["detect", "read"]),
    label=st.sampled_from(["person", "car"]),
    class_id=st.just(0),
    score=sides,
    box=st.none() | boxes,
)
several = st.lists(detections, max_size=8)


@given(several, several)
def test_a_detection_is_matched_once_with_its_own_class_and_enough_overlap(
    real: list[Detection], shadow: list[Detection]
) -> None:
    same, relabelled = matching(real, shadow)
    found = [*same, *relabelled]
    assert len({id(each.real) for each in found}) == len(found) <= len(real)
    assert len({id(each.shadow) for each in found}) == len(found) <= len(shadow)
    assert all(each.real.label == each.shadow.label for each in same)
    assert all(each.real.label != each.shadow.label for each in relabelled)
    for one, other, iou in found:
        assert one.stage == other.stage
        assert (one.box is None) == (other.box is None)
        assert MIN_IOU <= iou <= 1.0


@given(several, several)
def test_no_pair_that_would_match_is_left_over(
    real: list[Detection], shadow: list[Detection]
) -> None:
    found = [*itertools.chain(*matching(real, shadow))]
    mine, theirs = {id(each.real) for each in found}, {id(each.shadow) for each in found}
    for one in (each for each in real if id(each) not in mine):
        for other in (each for each in shadow if id(each) not in theirs):
            assert matching([one], [other]) == ([], [])


@given(
    several.map(lambda found: [each for each in found if each.box is None or has_area(each.box)])
)
def test_a_model_agrees_with_itself(found: list[Detection]) -> None:
    comparison = Comparison()
    comparison.add(outcome(*found), outcome(*found))
    total = comparison.total
    assert total.real == total.shadow == total.matched == len(found)
    assert (comparison.same, comparison.examples) == (1, [])


@given(st.lists(st.tuples(several, several), max_size=5))
def test_every_detection_is_counted_once_on_its_side(
    frames: list[tuple[list[Detection], list[Detection]]],
) -> None:
    comparison = Comparison()
    for real, shadow in frames:
        comparison.add(outcome(*real), outcome(*shadow))
    assert comparison.compared == len(frames)
    total = comparison.total
    assert total.real == sum(len(real) for real, _ in frames)
    assert total.shadow == sum(len(shadow) for _, shadow in frames)
    assert comparison.same + len(comparison.examples) == len(frames)
    differing = sum(each.differing for each in comparison.examples)
    assert differing == total.real + total.shadow - 2 * total.matched


def test_what_a_shadow_finds_more_and_less_is_told() -> None:
    comparison = Comparison()
    comparison.add(
        outcome(person(0.0, 0.9), person(0.5, 0.4)),
        outcome(person(0.02, 0.7), person(0.7, 0.6), person(0.5, label="car")),
    )
    people, cars = comparison.classes["person"], comparison.classes["car"]
    assert (people.real, people.shadow, people.matched) == (2, 2, 1)
    assert (cars.real, cars.shadow, cars.matched, cars.mean_iou) == (0, 1, 0, None)
    assert comparison.relabelled == {"person -> car": 1}
    assert people.mean_iou is not None
    assert abs(people.mean_iou - 0.18 / 0.22) < 1e-9
    assert comparison.mean_score_difference is not None
    assert abs(comparison.mean_score_difference + 0.2) < 1e-9
    (example,) = comparison.examples
    assert (example.sequence, example.only_real, example.only_shadow) == (1, 1, 2)
    assert (comparison.real.ages.percentile(0.5) or 0) >= 1


def test_frames_that_one_of_both_has_not_done_are_not_compared() -> None:
    comparison = Comparison()
    dead = outcome(fate=Fate.DEAD, reason="model_crashed")
    comparison.add(outcome(person(0.1)), dead)
    comparison.add(dead, outcome(person(0.1)))
    comparison.add(None, outcome(person(0.1)))
    comparison.add(outcome(fate=Fate.EXPIRED), outcome())
    assert comparison.compared == 0
    assert comparison.only_shadow == 1
    assert comparison.shadow.failures == {"model_crashed": 1}
    assert comparison.real.failures == {"model_crashed": 1, "expired": 1}
    assert comparison.mean_score_difference is None


def test_the_sums_of_a_model_with_endless_classes_stay_small() -> None:
    comparison = Comparison()
    for number in range(MAX_CLASSES + 50):
        found = outcome(replace(person(0.1), label=f"class {number}"))
        comparison.add(found, found)
    assert len(comparison.classes) == MAX_CLASSES + 1
    assert comparison.classes[OTHERS].real == comparison.classes[OTHERS].matched == 50
    assert comparison.total.real == MAX_CLASSES + 50


def test_the_frames_that_differ_most_are_kept() -> None:
    comparison = Comparison()
    for number in range(30):
        people = [person(at / 100) for at in range(number % 15)]
        one = replace(outcome(*people), frame=FrameId("north", "s", number))
        comparison.add(one, replace(one, detections=()))
    assert len(comparison.examples) == MAX_EXAMPLES
    found = [each.only_real for each in comparison.examples]
    assert found == sorted([14, 13, 12, 11, 10] * 2, reverse=True)
    assert [each.sequence for each in comparison.examples][:2] == [14, 29]
