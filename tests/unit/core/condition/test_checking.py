"""What a condition refers to has to be there, and it has to be able to be true."""

import pytest

from framemesh.core.graph.condition.checking import Scope, check
from framemesh.core.graph.condition.parsing import parse
from framemesh.core.pipeline.detections import StageDetections

COCO = StageDetections("coco", ("person", "car"), boxes=True)
FACES = StageDetections("face", ("face", "profile"), boxes=True)
WEATHER = StageDetections("weather", ("rain", "sun"), boxes=False)

SCOPE = Scope(
    stages={"people": (COCO,), "front-door": (COCO, FACES), "sky": (WEATHER,), "any": ()},
    zones=("yard", "gate"),
    item=(COCO,),
)
FRAME = Scope(SCOPE.stages, SCOPE.zones)


@pytest.mark.parametrize(
    "text",
    [
        "label == 'person' and in_zone('yard') and 0.1 < area < 0.5",
        "count(people, label != 'car') > count(front-door, label in ('face', 'car'))",
        "count(sky, label == 'rain' and score > 0.5) == 1",
        "count(any, label == 'whatever' and area > 0.1) > 0",
        "0 <= score <= 1 and count(people) >= 0 and 00:00 <= time <= 23:59:59",
        "x >= 0.5 and x <= 0.5",
        "score > 0.5 or score < 0.1",
        "time >= 22:00 or time < 06:00",
        "label == 'person' or label == 'car'",
        "label != 'person' and label != 'car'",
        "label in ('person', 'car') and label != 'car' and label == 'person'",
        "weekday == 'sat' and camera == 'gate' and camera != 'hall'",
        "area > 0.5 and count(people, area < 0.1) > 0",
        "score in (0, 1) and score in (1, 0.5)",
    ],
)
def test_what_can_be_true_or_false_passes(text: str) -> None:
    assert check(parse(text), SCOPE) == []


NONE_HAS_DOG = (
    "none of the models 'coco', 'face' has a label 'dog': "
    "they have 'person', 'car', 'face', 'profile'"
)
COCO_HAS, FACE_HAS = "it has 'person', 'car'", "it has 'face', 'profile'"

NAMES = [
    ("label == 'persn'", f"model 'coco' has no label 'persn': did you mean 'person'? {COCO_HAS}"),
    ("'dog' != label", f"model 'coco' has no label 'dog': {COCO_HAS}"),
    ("not label in ('car', 'bus')", f"model 'coco' has no label 'bus': {COCO_HAS}"),
    ("label == 'face'", f"model 'coco' has no label 'face': {COCO_HAS}"),
    (
        "count(sky, label == 'car') > 0",
        "model 'weather' has no label 'car': it has 'rain', 'sun'",
    ),
    (
        "count(front-door, label == 'dog') > 0",
        NONE_HAS_DOG,
    ),
    ("in_zone('yrd')", "no zone is named 'yrd': did you mean 'yard'?"),
    ("count(peple) > 0", "no stage 'peple' can be counted here: did you mean 'people'?"),
    (
        "count(cars) > 0",
        "no stage 'cars' can be counted here: there are people, front-door, sky, any",
    ),
    (
        "count(sky, area > 0.1) > 0",
        "the detections of model 'weather' have no boxes, which area needs",
    ),
    (
        "count(sky, in_zone('yard')) > 0",
        "the detections of model 'weather' have no boxes, which in_zone needs",
    ),
]

NEVER = [
    ("score > 50", "score > 50 is never true: score is from 0 to 1; write 0.5 for 50%"),
    ("score > 1", "score > 1 is never true: score is from 0 to 1"),
    ("1.5 <= area", "area >= 1.5 is never true: area is from 0 to 1"),
    ("area == -1", "area == -1 is never true: area is from 0 to 1"),
    ("not width < 0", "width < 0 is never true: width is from 0 to 1"),
    ("score in (0.5, 70)", "score == 70 is never true: score is from 0 to 1; write 0.7 for 70%"),
    ("count(people) < 0", "count(people) < 0 is never true: a count is 0 or more"),
    ("time < 00:00", "time < 00:00 is never true: time is 00:00 or later"),
    ("count(any, score > 1) > 0", "score > 1 is never true: score is from 0 to 1"),
]

ALWAYS = [
    ("score < 1.5", "score < 1.5 is always true: score is from 0 to 1"),
    ("area != 2", "area != 2 is always true: area is from 0 to 1; write 0.02 for 2%"),
    ("-0.5 <= area <= 1", "area >= -0.5 is always true: area is from 0 to 1"),
    ("count(people) > -1", "count(people) > -1 is always true: a count is 0 or more"),
]

NIGHT = "a night is time >= 22:00 or time < 06:00"

AT_ONCE = [
    ("0.5 < area < 0.2", "area > 0.5 and area < 0.2 is never true: no area is both"),
    ("y > 0.5 and x > 0.1 and y <= 0.5", "y > 0.5 and y <= 0.5 is never true: no y is both"),
    (
        "count(people) > 5 and count(people) < 2",
        "count(people) > 5 and count(people) < 2 is never true: no count(people) is both",
    ),
    ("22:00 <= time < 06:00", f"time >= 22:00 and time < 06:00 is never true: {NIGHT}"),
    ("time > 22:00 and time < 06:00", f"time > 22:00 and time < 06:00 is never true: {NIGHT}"),
    (
        "label == 'person' and label == 'car'",
        'no label is two texts at once: write label in ("person", "car")',
    ),
    (
        "camera in ('a', 'b') and 'c' == camera",
        'no camera is two texts at once: write camera in ("a", "b", "c")',
    ),
]


@pytest.mark.parametrize(("text", "line"), [*NAMES, *NEVER, *ALWAYS, *AT_ONCE])
def test_what_is_not_there_or_senseless_is_said_in_one_line(text: str, line: str) -> None:
    assert check(parse(text), SCOPE) == [line]


@pytest.mark.parametrize("name", ["score", "label", "area", "in_zone"])
def test_a_stage_that_runs_once_for_a_frame_has_no_item(name: str) -> None:
    part = {"label": "label == 'car'", "in_zone": "in_zone('yard')"}.get(name, f"{name} > 0.5")
    line = f"{name} is of an item, and the stage runs once for a frame: give it for_each"
    assert check(parse(f"camera == 'gate' and not {part}"), FRAME) == [line]
    assert check(parse(f"count(people, {part}) > 0"), FRAME) == []


def test_every_problem_has_a_line_and_each_one_only() -> None:
    text = "label == 'persn' and in_zone('yrd') and score > 2 or label == 'persn' and score > 2"
    assert len(check(parse(text), SCOPE)) == 3


def test_the_labels_of_items_that_may_be_of_any_model_are_not_checked() -> None:
    assert check(parse("label == 'unknown' and area > 0.5"), Scope(item=())) == []


def test_of_items_of_several_models_a_label_of_one_will_do() -> None:
    several = Scope(item=(COCO, WEATHER))
    assert check(parse("label == 'rain' or label == 'car' and area > 0.1"), several) == []
