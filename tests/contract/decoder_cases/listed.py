"""Models that list one box for each thing."""

import numpy as np
from numpy.typing import NDArray

from framemesh.worker.vision.decoders.decoder import Array
from tests.contract.decoder_cases.case import Case, Random, corners, uniform
from tests.contract.decoder_cases.detr import numbers, pixels

ROWS = 60


def columns(*values: NDArray[np.generic]) -> Array:
    """[rows, columns], where one-dimensional values are one column."""
    return np.column_stack(values).astype(np.float32)


def scores(random: Random) -> Array:
    return uniform(random, ROWS)


def count(rows: int = ROWS) -> NDArray[np.int32]:
    return np.array([rows], np.int32)


def ended(rows: Array) -> Array:
    """The rows, ended by one of image -1 and followed by what is left of an earlier image."""
    rows[-5:, 0] = -1
    return rows


CASES = [
    Case(
        "detection-output",
        {"detection_out": (1, 1, ROWS, 7)},
        lambda random: {
            "detection_out": ended(
                columns(
                    np.zeros(ROWS), numbers(random, ROWS, 1), scores(random), corners(random, ROWS)
                )
            )[np.newaxis, np.newaxis]
        },
    ),
    Case(
        "efficient-nms",
        {
            "num_dets": (1,),
            "det_boxes": (ROWS, 4),
            "det_scores": (ROWS,),
            "det_classes": (ROWS,),
        },
        lambda random: {
            "num_dets": count(),
            "det_boxes": pixels(random, ROWS),
            "det_scores": scores(random),
            "det_classes": numbers(random, ROWS).astype(np.int32),
        },
    ),
    Case(
        "paddle",
        {"multiclass_nms3_0.tmp_0": (-1, 6), "multiclass_nms3_0.tmp_2": (-1,)},
        lambda random: {
            "multiclass_nms3_0.tmp_0": columns(
                numbers(random, ROWS), scores(random), pixels(random, ROWS)
            ),
            "multiclass_nms3_0.tmp_2": count(),
        },
        quiet_outputs={
            "multiclass_nms3_0.tmp_0": np.array([[-1, 0, 0, 0, 0, 0]], np.float32),
            "multiclass_nms3_0.tmp_2": count(1),
        },
    ),
    Case(
        "tf-detection",
        {
            "detection_boxes": (ROWS, 4),
            "detection_classes": (ROWS,),
            "detection_scores": (ROWS,),
            "num_detections": (),
        },
        lambda random: {
            "detection_boxes": corners(random, ROWS)[:, [1, 0, 3, 2]],
            "detection_classes": numbers(random, ROWS, 1).astype(np.float32),
            "detection_scores": scores(random),
            "num_detections": np.array(ROWS, np.float32),
        },
    ),
    Case(
        "torchvision",
        {"boxes": (-1, 4), "labels": (-1,), "scores": (-1,)},
        lambda random: {
            "boxes": pixels(random, ROWS),
            "labels": numbers(random, ROWS, 1),
            "scores": scores(random),
        },
    ),
    Case(
        "yolov7-nms",
        {"output": (-1, 7)},
        lambda random: {
            "output": columns(
                np.zeros(ROWS), pixels(random, ROWS), numbers(random, ROWS), scores(random)
            )
        },
    ),
]
