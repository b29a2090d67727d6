"""The models called directly, as their authors do it: what the platform's boxes are measured by.

Written anew here; nothing is shared with the worker.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from framemesh.core.detection import Detection

Scored = list[tuple[int, float, tuple[float, float, float, float]]]
"""Class, score and corners in fractions of the picture, best first."""

TOLERANCE = 1e-3
"""Of a score, and of a side of a box in fractions of the picture."""


def assert_same(seen: Sequence[Detection], expected: Scored) -> None:
    """The same things, one for one; two of nearly the same score may change places."""
    assert len(seen) == len(expected)
    left = list(expected)
    for one in seen:
        assert one.box is not None
        mine = (one.score, one.box.left, one.box.top, one.box.right, one.box.bottom)
        match = next(
            (
                other
                for other in left
                if other[0] == one.class_id
                and np.allclose(mine, (other[1], *other[2]), rtol=0, atol=TOLERANCE)
            ),
            None,
        )
        assert match is not None, f"{one} is not among {left}"
        left.remove(match)


def session(onnx: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])


def decoded(jpeg: bytes) -> NDArray[Any]:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR))


def direct_things(model: onnxruntime.InferenceSession, picture: NDArray[Any]) -> Scored:
    small = cv2.resize(picture, (352, 352), interpolation=cv2.INTER_AREA)
    tensor = small.transpose(2, 0, 1)[np.newaxis].astype(np.float32) / 255.0
    cells = model.run(None, {"input.1": tensor})[0][0]
    found: Scored = []
    for row in range(22):
        for column in range(22):
            cell = cells[:, row, column].astype(np.float64)
            score = cell[0] ** 0.6 * cell[5:].max() ** 0.4
            if score < 0.5:
                continue
            x, y = (column + np.tanh(cell[1])) / 22, (row + np.tanh(cell[2])) / 22
            width, height = 1 / (1 + np.exp(-cell[3:5]))
            corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            found.append((int(cell[5:].argmax()), float(score), corners))
    return without_doubles(found, 0.45)


def direct_faces(model: onnxruntime.InferenceSession, picture: NDArray[Any]) -> Scored:
    small = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), (320, 240))
    tensor = ((small.astype(np.float32) - 127) / 128).transpose(2, 0, 1)[np.newaxis]
    scores, boxes = model.run(["scores", "boxes"], {"input": tensor})
    found = [
        (0, float(score), four(corners))
        for score, corners in zip(scores[0, :, 1], boxes[0], strict=True)
        if score >= 0.1
    ]
    return without_doubles(found, 0.3)


def direct_people(model: onnxruntime.InferenceSession, picture: NDArray[Any]) -> Scored:
    """The bundled model."""
    small = cv2.resize(picture, (384, 288), interpolation=cv2.INTER_AREA)
    heatmap, boxes = model.run(["heatmap", "boxes"], {"images": small[np.newaxis]})
    rows, columns = np.nonzero(heatmap[0, 0] >= 0.4)
    found = [
        (0, float(heatmap[0, 0, row, column]), four(boxes[0, :, row, column]))
        for row, column in zip(rows, columns, strict=True)
    ]
    return without_doubles(found, 0.5)


def direct_heads(
    model: onnxruntime.InferenceSession, picture: NDArray[Any], seen: Sequence[Detection]
) -> Scored:
    """Faces in the crops of the persons that were seen."""
    height, width = picture.shape[:2]
    found: Scored = []
    for person in seen:
        if person.label != "person" or person.box is None:
            continue
        left, right = round(person.box.left * width), round(person.box.right * width)
        top, bottom = round(person.box.top * height), round(person.box.bottom * height)
        if right - left < 2 or bottom - top < 2:
            continue
        for class_id, score, box in direct_faces(model, picture[top:bottom, left:right]):
            x, y = (right - left) / width, (bottom - top) / height
            at_x, at_y = left / width, top / height
            found.append(
                (
                    class_id,
                    score,
                    (at_x + box[0] * x, at_y + box[1] * y, at_x + box[2] * x, at_y + box[3] * y),
                )
            )
    return found


def four(sides: NDArray[Any]) -> tuple[float, float, float, float]:
    left, top, right, bottom = map(float, sides)
    return left, top, right, bottom


def clipped(corners: tuple[float, ...]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (min(1.0, max(0.0, side)) for side in corners)
    return left, top, right, bottom


def without_doubles(found: Scored, threshold: float) -> Scored:
    kept: Scored = []
    for one in sorted(found, key=lambda one: -one[1]):
        if all(one[0] != other[0] or overlap(one[2], other[2]) <= threshold for other in kept):
            kept.append(one)
    return [(class_id, score, clipped(box)) for class_id, score, box in kept[:100]]


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(0.0, width) * max(0.0, height)
    both = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return shared / (both - shared) if shared else 0.0
