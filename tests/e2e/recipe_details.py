"""Models of the recipe whose boxes have masks, keypoints or a direction."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from framemesh.modeling.manifest import Color, DecoderSpec
from tests.e2e.recipe_detectors import LEAST, PLAIN, YOLO, file_of
from tests.model_families.anchors import suppressed
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import Values
from tests.model_families.reading import Reading, four

COCO_CLASSES = 80
DIRECTED_CLASSES = 15


def detailed(models: Path) -> dict[str, FamilyModel]:
    return {
        "s03-yolov8-seg": FamilyModel(
            file_of(models, "s03-yolov8-seg"),
            YOLO,
            DecoderSpec("yolov8-seg", LEAST),
            _segmented,
            labels=tuple(map(str, range(COCO_CLASSES))),
        ),
        "s04-yolov8-pose": FamilyModel(
            file_of(models, "s04-yolov8-pose"),
            YOLO,
            DecoderSpec("yolov8-pose", LEAST, keypoints=17),
            _posed,
            labels=("person",),
        ),
        "s05-yolo-obb": FamilyModel(
            file_of(models, "s05-yolo-obb"),
            replace(YOLO, width=1024, height=1024),
            DecoderSpec("yolov8-obb", LEAST),
            _directed,
            labels=tuple(map(str, range(DIRECTED_CLASSES))),
        ),
        "s21-scrfd": FamilyModel(
            file_of(models, "s21-scrfd"),
            replace(YOLO, name="input.1", scale=1 / 128, mean=(127.5 / 128,) * 3),
            DecoderSpec("scrfd", LEAST),
            _scrfd,
            flat=True,
            labels=("face",),
        ),
        "s22-yunet": FamilyModel(
            file_of(models, "s22-yunet"),
            replace(PLAIN, name="input", color=Color.BGR, scale=1.0),
            DecoderSpec("yunet", LEAST),
            _yunet,
            labels=("face",),
        ),
    }


def _segmented(answers: Mapping[str, Values]) -> list[Reading]:
    rows = answers["output0"].T
    return suppressed(
        [
            replace(one, mask=np.tensordot(row[4 + COCO_CLASSES :], answers["output1"], 1) > 0)
            for row in rows
            if (one := _best(row, COCO_CLASSES)).score >= LEAST
        ]
    )


def _posed(answers: Mapping[str, Values]) -> list[Reading]:
    return suppressed(
        [
            replace(one, keypoints=[(float(x), float(y), float(sure)) for x, y, sure in points])
            for row, points in ((each, each[5:].reshape(-1, 3)) for each in answers["output0"].T)
            if (one := _best(row, 1)).score >= LEAST
        ]
    )


def _directed(answers: Mapping[str, Values]) -> list[Reading]:
    """The two things of the file lie far apart."""
    found: list[Reading] = []
    for row in answers["output0"].T.astype(np.float64):
        one = _best(row, DIRECTED_CLASSES)
        if one.score < LEAST:
            continue
        angle = row[4 + DIRECTED_CLASSES]
        across = np.array([np.cos(angle), np.sin(angle)]) * row[2] / 2
        down = np.array([-np.sin(angle), np.cos(angle)]) * row[3] / 2
        places = np.array([-across - down, across - down, across + down, down - across])
        corners = places + row[:2]
        box = four(np.concatenate([corners.min(axis=0), corners.max(axis=0)]))
        found.append(replace(one, box=box, corners=[(float(x), float(y)) for x, y in corners]))
    return found


def _best(row: Values, classes: int) -> Reading:
    """The best class of a row of YOLOv8, and its box."""
    x, y, width, height = map(float, row[:4])
    best = int(row[4 : 4 + classes].argmax())
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return Reading(best, float(row[4 + best]), box)


def _scrfd(answers: Mapping[str, Values]) -> list[Reading]:
    """Boxes without an area are none."""
    found: list[Reading] = []
    for stride in (8, 16, 32):
        scores = answers[f"score_{stride}"][:, 0]
        for at in np.flatnonzero(scores >= LEAST).tolist():
            row, column = divmod(at // 2, 640 // stride)
            place = np.array([column, row] * 2) * stride
            box = place + answers[f"bbox_{stride}"][at] * stride * [-1, -1, 1, 1]
            points = (answers[f"kps_{stride}"][at] * stride).reshape(5, 2) + place[:2]
            if not (box[:2] < box[2:]).all():
                continue
            found.append(Reading(0, float(scores[at]), four(box), keypoints=_certain(points)))
    return suppressed(found)


def _yunet(answers: Mapping[str, Values]) -> list[Reading]:
    found: list[Reading] = []
    for stride in (8, 16, 32):
        scores = np.sqrt(answers[f"cls_{stride}"] * answers[f"obj_{stride}"])[:, 0]
        for at in np.flatnonzero(scores >= LEAST).tolist():
            row, column = divmod(at, 640 // stride)
            box = answers[f"bbox_{stride}"][at].astype(np.float64)
            place = np.array([column, row])
            middle, half = box[:2] + place, np.exp(box[2:]) / 2
            corners = np.concatenate([middle - half, middle + half]) * stride
            points = (answers[f"kps_{stride}"][at].reshape(5, 2) + place) * stride
            found.append(Reading(0, float(scores[at]), four(corners), keypoints=_certain(points)))
    return suppressed(found)


def _certain(points: Values) -> list[tuple[float, float, float]]:
    return [(float(x), float(y), 1.0) for x, y in points]
