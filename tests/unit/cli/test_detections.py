"""What a detection tells, as a phrase and as JSON."""

import json
import re
import zlib
from pathlib import Path
from typing import Any

import pytest

from framemesh.api.common.v1 import outcome_pb2
from framemesh.cli.views.detection import phrase
from framemesh.cli.views.detections import MAX_PHRASES, summary
from framemesh.runtime.messages.detection_json import detection_to_json
from framemesh.runtime.messages.detection_message import detection_from_proto

REFERENCE = Path(__file__).parents[3] / "docs" / "reference.md"

BOX = outcome_pb2.Box(left=0.25, top=0.25, right=0.5, bottom=0.75)
MASK = outcome_pb2.Mask(width=3, height=2, runs=(1, 2, 3))
POINT = outcome_pb2.Point(x=0.5, y=-0.25)
KEYPOINT = outcome_pb2.Keypoint(at=POINT, score=0.75)


def detection(label: str = "person", score: float = 0.93, **more: Any) -> outcome_pb2.Detection:
    return outcome_pb2.Detection(stage="people", label=label, score=score, **more)


def classes(*areas: tuple[str, float]) -> outcome_pb2.Raster:
    return outcome_pb2.Raster(
        kind=outcome_pb2.RASTER_KIND_CLASSES,
        areas=[outcome_pb2.ClassArea(label=label, area=area) for label, area in areas],
    )


ANOMALY = outcome_pb2.Raster(
    kind=outcome_pb2.RASTER_KIND_ANOMALY,
    width=3,
    height=2,
    values=zlib.compress(bytes((0, 51, 102, 153, 204, 255))),
    low=-1,
    high=4,
)
DEPTH = outcome_pb2.Raster(kind=outcome_pb2.RASTER_KIND_DEPTH, low=1.25, high=31.7)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (detection(box=BOX), "person 0.93"),
        (detection(box=BOX, keypoints=[KEYPOINT] * 17), "person 0.93 (17 keypoints)"),
        (detection(box=BOX, keypoints=[KEYPOINT]), "person 0.93 (1 keypoint)"),
        (detection("ship", box=BOX, corners=[POINT] * 4), "ship 0.93 (oriented)"),
        (detection(box=BOX, mask=MASK), "person 0.93 (mask over 33% of its box)"),
        (detection(mask=MASK), "person 0.93 (mask over 33% of the frame)"),
        (
            detection(box=BOX, mask=MASK, keypoints=[KEYPOINT] * 2),
            "person 0.93 (2 keypoints, mask over 33% of its box)",
        ),
        (detection(raster=classes(("road", 0.41), ("sky", 0.3))), "road 41%, sky 30%"),
        (detection(raster=classes(("road", 0.997), ("sky", 0.003))), "road 100%, sky <1%"),
        (
            detection(raster=classes(*[(name, 0.1) for name in "abcdefg"])),
            "a 10%, b 10%, c 10%, d 10%, e 10%, 2 more",
        ),
        (detection("anomaly", 0.82, raster=ANOMALY), "anomaly 0.82"),
        (detection("depth", 1, raster=DEPTH), "depth 1.25 to 31.7"),
        (detection("plate", 0.97, text="B 1234", box=BOX), '"B 1234" 0.97'),
        (detection("plate", 0.97, text="a\n\x1b[2J"), '"a\\n\\u001b[2J" 0.97'),
        (detection("", 1, embedding=[0.5] * 512), "embedding of 512"),
        (detection(box=BOX, embedding=[0.5] * 128), "person 0.93 (embedding of 128)"),
    ],
)
def test_a_detection_is_one_short_phrase(found: outcome_pb2.Detection, said: str) -> None:
    assert phrase(detection_from_proto(found)) == said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], "nothing"),
        ([detection(box=BOX)], "person 0.93"),
        ([detection("ship", 0.4 + at / 100, box=BOX) for at in range(60)], "60 ship 0.40 to 0.99"),
        ([detection("ship", 0.5, box=BOX)] * 2, "2 ship 0.50"),
        (
            [detection(box=BOX), detection("dog", box=BOX), detection(score=0.5, box=BOX)],
            "2 person 0.50 to 0.93, dog 0.93",
        ),
        ([detection(box=BOX, keypoints=[KEYPOINT] * 17)] * 3, "3 person 0.93 (17 keypoints)"),
        (
            [detection(box=BOX, keypoints=[KEYPOINT] * 2), detection(box=BOX)],
            "2 person 0.93",
        ),
        (
            [detection("plate", 0.9, text=text, box=BOX) for text in ("A 1", "B 2")],
            '"A 1" 0.90, "B 2" 0.90',
        ),
        ([detection(raster=classes(("road", 0.4)))] * 2, "road 40%, road 40%"),
    ],
)
def test_what_is_of_one_class_is_counted(found: list[outcome_pb2.Detection], said: str) -> None:
    assert summary(found) == said


def test_things_of_one_name_in_two_stages_are_counted_apart() -> None:
    other = outcome_pb2.Detection(stage="others", label="person", score=0.5, box=BOX)
    assert summary([detection(box=BOX), other]) == "person 0.93, person 0.50"


def test_a_line_has_a_bound_and_counts_what_it_leaves_out() -> None:
    found = [detection(f"class {number % 40}", box=BOX) for number in range(100)]
    said = summary(found)
    assert said.count(",") == MAX_PHRASES
    assert said.startswith("3 class 0 0.93, ")
    assert said.endswith(", 70 more")


def test_in_json_what_a_model_does_not_tell_is_left_out() -> None:
    assert list(detection_to_json(detection(box=BOX))) == [
        "stage", "label", "class_id", "score", "box", "parent",
    ]  # fmt: skip


def test_all_that_a_model_tells_is_in_json() -> None:
    raster = outcome_pb2.Raster(
        kind=outcome_pb2.RASTER_KIND_CLASSES,
        width=1,
        height=1,
        values=b"\x00\xff",
        low=0.5,
        high=2,
        areas=[outcome_pb2.ClassArea(class_id=3, label="road", area=1)],
    )
    found = detection(
        corners=[POINT], keypoints=[KEYPOINT], mask=MASK, raster=raster, text="B 1", embedding=[0.5]
    )
    told = json.loads(json.dumps(detection_to_json(found)))
    assert {key: told[key] for key in list(told)[6:]} == {
        "corners": [[0.5, -0.25]],
        "keypoints": [[0.5, -0.25, 0.75]],
        "mask": {"width": 3, "height": 2, "runs": [1, 2, 3]},
        "raster": {
            "kind": "classes",
            "width": 1,
            "height": 1,
            "values": "AP8=",
            "low": 0.5,
            "high": 2.0,
            "areas": [{"class_id": 3, "label": "road", "area": 1.0}],
        },
        "text": "B 1",
        "embedding": [0.5],
    }


def test_every_field_of_a_detection_is_in_json() -> None:
    found = outcome_pb2.Detection(
        box=BOX, corners=[POINT], keypoints=[KEYPOINT], mask=MASK, raster=DEPTH, text="B",
        embedding=[1], parent=0,
    )  # fmt: skip
    fields = {field.name for field in outcome_pb2.Detection.DESCRIPTOR.fields}
    assert set(detection_to_json(found)) == fields


def test_the_example_of_the_reference_makes_arrays_of_a_mask_and_a_raster() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", REFERENCE.read_text(), re.DOTALL)
    names: dict[str, Any] = {"detection": detection_to_json(detection(mask=MASK, raster=ANOMALY))}
    exec(example, names)  # noqa: S102 - what a reader of the page would do
    assert names["inside"].tolist() == [[0, 1, 1], [0, 0, 0]]
    assert names["values"].tolist() == [[-1, 0, 1], [2, 3, 4]]
