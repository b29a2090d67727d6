"""The DETR families."""

import numpy as np
from numpy.typing import NDArray

from framemesh.worker.vision.decoders.decoder import Array
from tests.contract.decoder_cases.case import (
    CLASSES,
    INPUT_SIZE,
    Case,
    Random,
    corners,
    uniform,
)

QUERIES = 100
NOTHING = -9.0
"""A logit that is no thing."""


def centred(random: Random, count: int) -> Array:
    """[count, 4] centre and size."""
    sides = corners(random, count)
    return np.concatenate([(sides[:, :2] + sides[:, 2:]) / 2, sides[:, 2:] - sides[:, :2]], axis=1)


def pixels(random: Random, count: int) -> Array:
    """[count, 4] corners."""
    return corners(random, count) * np.tile(np.array(INPUT_SIZE, np.float32), 2)


def numbers(random: Random, count: int, first: int = 0) -> NDArray[np.int64]:
    """[count] classes."""
    return random.integers(first, first + CLASSES, count)


CASES = [
    Case(
        "detr",
        {"logits": (QUERIES, CLASSES + 1), "pred_boxes": (QUERIES, 4)},
        lambda random: {
            "logits": uniform(random, QUERIES, CLASSES + 1, low=-5, high=5),
            "pred_boxes": centred(random, QUERIES),
        },
        class_axis=("logits", 1),
    ),
    Case(
        "rf-detr",
        {"dets": (QUERIES, 4), "labels": (QUERIES, CLASSES)},
        lambda random: {
            "dets": centred(random, QUERIES),
            "labels": uniform(random, QUERIES, CLASSES, low=-5, high=5),
        },
        class_axis=("labels", 1),
        quiet=NOTHING,
    ),
    Case(
        "rt-detr",
        {"labels": (QUERIES,), "boxes": (QUERIES, 4), "scores": (QUERIES,)},
        lambda random: {
            "labels": numbers(random, QUERIES),
            "boxes": pixels(random, QUERIES),
            "scores": uniform(random, QUERIES),
        },
    ),
    Case(
        "rt-detr-logits",
        {"logits": (QUERIES, CLASSES), "pred_boxes": (QUERIES, 4)},
        lambda random: {
            "logits": uniform(random, QUERIES, CLASSES, low=-5, high=5),
            "pred_boxes": centred(random, QUERIES),
        },
        class_axis=("logits", 1),
        quiet=NOTHING,
    ),
    Case(
        "rt-detr-ultralytics",
        {"output0": (QUERIES, 4 + CLASSES)},
        lambda random: {
            "output0": np.concatenate(
                [centred(random, QUERIES), uniform(random, QUERIES, CLASSES)], axis=1
            )
        },
        class_axis=("output0", 1),
    ),
]
