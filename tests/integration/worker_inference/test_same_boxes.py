"""The boxes that come out are those that the model gives when called directly.

The direct way is written anew here, as the models' authors do it, and shares nothing with the
worker.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from framemesh.core.outcome import Detection
from framemesh.worker.engine import Engine, LocalModel

Scored = list[tuple[int, float, tuple[float, float, float, float]]]
"""Class, score and corners in fractions of the picture, best first."""


async def test_every_stage_sees_what_its_model_sees_directly(
    everything: Engine, frames: list[bytes], things: LocalModel, faces: LocalModel
) -> None:
    of_things, of_faces = session(things.onnx), session(faces.onnx)
    # All at once, so that frames share requests.
    seen = await asyncio.gather(*(everything.graph.run(frame) for frame in frames))
    found = {"things": 0, "faces": 0, "heads": 0}
    for frame, result in zip(frames, seen, strict=True):
        picture = decoded(frame)
        assert (result.height, result.width) == picture.shape[:2]
        for stage, expected in (
            ("things", direct_things(of_things, picture)),
            ("faces", direct_faces(of_faces, picture)),
            ("heads", direct_heads(of_faces, picture, result.detections)),
        ):
            seen_here = [one for one in result.detections if one.stage == stage]
            assert_same(seen_here, expected)
            found[stage] += len(seen_here)
    assert min(found.values()) > 10, f"too few to tell anything: {found}"


async def test_a_crop_names_its_parent(everything: Engine, frames: list[bytes]) -> None:
    seen = await everything.graph.run(frames[0])
    heads = [one for one in seen.detections if one.stage == "heads"]
    for head in heads:
        assert head.parent is not None
        assert seen.detections[head.parent].label == "person"
    assert all(one.parent is None for one in seen.detections if one.stage != "heads")


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
                and np.allclose(mine, (other[1], *other[2]), rtol=0, atol=1e-3)
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
            found.append((int(cell[5:].argmax()), float(score), clipped(corners)))
    return without_doubles(found, 0.45)


def direct_faces(model: onnxruntime.InferenceSession, picture: NDArray[Any]) -> Scored:
    small = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), (320, 240))
    tensor = ((small.astype(np.float32) - 127) / 128).transpose(2, 0, 1)[np.newaxis]
    scores, boxes = model.run(["scores", "boxes"], {"input": tensor})
    found = [
        (0, float(score), clipped(tuple(map(float, corners))))
        for score, corners in zip(scores[0, :, 1], boxes[0], strict=True)
        if score >= 0.1
    ]
    return without_doubles(found, 0.3)


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


def clipped(corners: tuple[float, ...]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (min(1.0, max(0.0, side)) for side in corners)
    return left, top, right, bottom


def without_doubles(found: Scored, threshold: float) -> Scored:
    kept: Scored = []
    for one in sorted(found, key=lambda one: -one[1]):
        if all(one[0] != other[0] or overlap(one[2], other[2]) <= threshold for other in kept):
            kept.append(one)
    return kept[:100]


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(0.0, width) * max(0.0, height)
    both = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return shared / (both - shared) if shared else 0.0
