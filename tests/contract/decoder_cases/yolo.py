"""The YOLO families."""

import numpy as np

from framemesh.worker.vision.decoders.decoder import Array
from tests.contract.decoder_cases.case import (
    CLASSES,
    INPUT_SIZE,
    Case,
    Random,
    corners,
    uniform,
)

SIDES = np.array([*INPUT_SIZE, *INPUT_SIZE], np.float32)
PLACES = sum((INPUT_SIZE[0] // stride) * (INPUT_SIZE[1] // stride) for stride in (8, 16, 32))
MASKS = 8


def table(random: Random, *, objects: bool = False, extra: int = 0) -> Array:
    """[places, columns]: centre, size (, whether there is something), classes, extra."""
    boxes = corners(random, PLACES) * SIDES
    sizes = boxes[:, 2:] - boxes[:, :2]
    columns = [boxes[:, :2] + sizes / 2, sizes, uniform(random, PLACES, CLASSES)]
    if objects:
        columns.insert(2, uniform(random, PLACES, 1, low=0.5))
    return np.concatenate([*columns, uniform(random, PLACES, extra, low=-5, high=64)], axis=1)


def network(random: Random) -> Array:
    """[places, columns]: boxes in cells, probabilities."""
    boxes = uniform(random, PLACES, 4, low=-1)
    return np.concatenate([boxes, uniform(random, PLACES, 1 + CLASSES, low=0.3)], axis=1)


def rows(random: Random, columns: int, first: int = 0) -> Array:
    """[40, columns]: from column `first` on the corners, score and class."""
    filled = uniform(random, 40, columns, high=64)
    filled[:, first : first + 4] = corners(random, 40) * SIDES
    filled[:, first + 4] = np.sort(uniform(random, 40))[::-1]
    filled[:, first + 5] = random.integers(0, CLASSES, 40)
    return filled


CASES = [
    Case(
        "yolov5",
        {"output0": (PLACES, 5 + CLASSES)},
        lambda random: {"output0": table(random, objects=True)},
        class_axis=("output0", 1),
    ),
    Case(
        "yolov5-seg",
        {"output0": (PLACES, 5 + CLASSES + MASKS), "output1": (MASKS, 12, 16)},
        lambda random: {
            "output0": table(random, objects=True, extra=MASKS),
            "output1": uniform(random, MASKS, 12, 16, low=-1),
        },
        class_axis=("output0", 1),
    ),
    Case(
        "yolox",
        {"output": (PLACES, 5 + CLASSES)},
        lambda random: {"output": network(random)},
        class_axis=("output", 1),
    ),
    Case(
        "yolov8",
        {"output0": (4 + CLASSES, PLACES)},
        lambda random: {"output0": table(random).T},
        class_axis=("output0", 0),
    ),
    Case(
        "yolov8-seg",
        {"output0": (4 + CLASSES + MASKS, PLACES), "output1": (MASKS, 12, 16)},
        lambda random: {
            "output0": table(random, extra=MASKS).T,
            "output1": uniform(random, MASKS, 12, 16, low=-1),
        },
        class_axis=("output0", 0),
    ),
    Case(
        "yolov8-pose",
        {"output0": (4 + CLASSES + 5 * 2, PLACES)},
        lambda random: {"output0": table(random, extra=5 * 2).T},
        class_axis=("output0", 0),
        options={"keypoints": 5, "keypoint_values": 2},
    ),
    Case(
        "yolov8-obb",
        {"output0": (4 + CLASSES + 1, PLACES)},
        lambda random: {"output0": table(random, extra=1).T},
        class_axis=("output0", 0),
    ),
    Case(
        "yolo-end2end",
        {"output0": (40, 6)},
        lambda random: {"output0": rows(random, 6)},
    ),
    Case(
        "yolo-nas",
        {"graph2_flat_predictions": (-1, 7)},
        lambda random: {"graph2_flat_predictions": rows(random, 7, first=1)},
    ),
]
