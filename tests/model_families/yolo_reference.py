"""How the YOLO families are read, thing by thing, straight from their definitions."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tests.model_families.graphs import Values
from tests.model_families.planted import CLASSES
from tests.model_families.reading import Corners, four
from tests.model_families.yolo import HEIGHT, STRIDES, WIDTH

Outputs = Mapping[str, Values]


@dataclass(frozen=True)
class Found:
    """Positions are in pixels of the input."""

    class_id: int
    score: float
    corners: Corners
    """Left, top, right, bottom."""
    more: tuple[float, ...] = ()
    """What follows the classes."""
    oriented: tuple[float, ...] = ()
    """Centre, size, angle."""


Reader = Callable[[Outputs], list[Found]]


def corners(x: float, y: float, width: float, height: float) -> Corners:
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def best_of(values: Values) -> tuple[int, float]:
    best = max(range(CLASSES), key=lambda number: float(values[number]))
    return best, float(values[best])


def yolov5(outputs: Outputs) -> list[Found]:
    found = []
    for row in outputs["output0"]:
        class_id, score = best_of(row[5 : 5 + CLASSES])
        more = tuple(map(float, row[5 + CLASSES :]))
        box = corners(*map(float, row[:4]))
        found.append(Found(class_id, score * float(row[4]), box, more))
    return found


def yolox(outputs: Outputs) -> list[Found]:
    found, at = [], 0
    for stride in STRIDES:
        for row in range(HEIGHT // stride):
            for column in range(WIDTH // stride):
                values = outputs["output"][at].astype(np.float64)
                at += 1
                class_id, score = best_of(values[5:])
                x, y = (values[0] + column) * stride, (values[1] + row) * stride
                size = math.exp(values[2]) * stride, math.exp(values[3]) * stride
                found.append(Found(class_id, score * values[4], corners(x, y, *size)))
    return found


def yolov8(outputs: Outputs) -> list[Found]:
    found = []
    for row in outputs["output0"].T:
        class_id, score = best_of(row[4 : 4 + CLASSES])
        more = tuple(map(float, row[4 + CLASSES :]))
        found.append(Found(class_id, score, corners(*map(float, row[:4])), more))
    return found


def oriented(outputs: Outputs) -> list[Found]:
    found = []
    for row in outputs["output0"].T.astype(np.float64):
        class_id, score = best_of(row[4 : 4 + CLASSES])
        box = (*row[:4], row[-1])
        found.append(Found(class_id, score, around(rotated(box)), oriented=box))
    return found


def turned_table(read: Reader) -> Reader:
    """Of an output with places first."""
    return lambda outputs: read({"output0": outputs["output0"].T})


def end_to_end(outputs: Outputs) -> list[Found]:
    return [
        Found(int(row[5]), float(row[4]), four(row[:4]), tuple(map(float, row[6:])))
        for row in outputs["output0"]
    ]


def end_to_end_oriented(outputs: Outputs) -> list[Found]:
    found = []
    for row in outputs["output0"].astype(np.float64):
        box = (*row[:4], row[6])
        found.append(Found(int(row[5]), float(row[4]), around(rotated(box)), oriented=box))
    return found


def nas_flat(outputs: Outputs) -> list[Found]:
    return [
        Found(int(row[6]), float(row[5]), four(row[1:5]))
        for row in outputs["graph2_flat_predictions"]
    ]


def nas_places(outputs: Outputs) -> list[Found]:
    pairs = zip(outputs["pred_bboxes"][0], outputs["pred_scores"][0], strict=True)
    return [Found(*best_of(scores), four(box)) for box, scores in pairs]


def above(found: list[Found], threshold: float) -> list[Found]:
    sure = [one for one in found if one.score >= threshold]
    return sorted(sure, key=lambda one: -one.score)


def without_doubles(found: list[Found], threshold: float, *, agnostic: bool = False) -> list[Found]:
    """Greedy, the best first."""
    kept: list[Found] = []
    for one in found:
        rivals = [other for other in kept if agnostic or other.class_id == one.class_id]
        if all(overlap(one.corners, other.corners) <= threshold for other in rivals):
            kept.append(one)
    return kept


def without_rotated_doubles(found: list[Found], threshold: float) -> list[Found]:
    """Fast: also what is dropped itself drops what is worse."""
    return [
        one
        for at, one in enumerate(found)
        if all(
            rotated_overlap(one.oriented, better.oriented) < threshold
            for better in found[:at]
            if better.class_id == one.class_id
        )
    ]


def overlap(one: Corners, other: Corners) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    return shared / (area(one) + area(other) - shared)


def area(box: Corners) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def rotated_overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """1 minus the Hellinger distance of the two boxes as Gaussians, by matrices."""
    means = np.array(one[:2]), np.array(other[:2])
    first, second = covariance(one), covariance(other)
    middle = (first + second) / 2
    apart = means[0] - means[1]
    distance = apart @ np.linalg.inv(middle) @ apart / 8
    spread = 0.5 * math.log(
        np.linalg.det(middle) / math.sqrt(np.linalg.det(first) * np.linalg.det(second))
    )
    return 1 - math.sqrt(max(0.0, 1 - math.exp(-distance - spread)))


def covariance(box: tuple[float, ...]) -> Values:
    turn = turned(box[4])
    return np.asarray(turn @ np.diag([box[2] ** 2 / 12, box[3] ** 2 / 12]) @ turn.T)


def turned(angle: float) -> Values:
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def rotated(box: tuple[float, ...]) -> list[tuple[float, float]]:
    """The four corners, from the upper left of the box before it is turned."""
    places = []
    for right, down in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        x, y = turned(box[4]) @ [right * box[2] / 2, down * box[3] / 2] + np.array(box[:2])
        places.append((float(x), float(y)))
    return places


def around(places: list[tuple[float, float]]) -> Corners:
    xs, ys = zip(*places, strict=True)
    return min(xs), min(ys), max(xs), max(ys)
