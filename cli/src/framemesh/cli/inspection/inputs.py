"""The inputs of a model for one image, as its family prepares it.

For the inference that a check runs: workers have their own, faster code for the same rule.
"""

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.cli.common.bundled import bundled
from framemesh.cli.common.files import read_bytes
from framemesh.core.errors import Code, FramemeshError
from framemesh.modeling.constants import usual_constants
from framemesh.modeling.manifest import Layout
from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.preparation import Preparation
from framemesh.modeling.signature import Tensor

Pixels = NDArray[np.uint8]

GREY = 114
NUMPY_TYPES: Mapping[str, type[np.generic]] = {
    "FP32": np.float32,
    "FP16": np.float16,
    "FP64": np.float64,
    "UINT8": np.uint8,
    "INT8": np.int8,
    "INT32": np.int32,
    "INT64": np.int64,
    "BOOL": np.bool_,
}


MAX_ELEMENTS = 64 * 1024 * 1024
"""Of one input: a colour image of 4,600 pixels a side."""


class ImageUnusable(FramemeshError):
    """No inference can be run on this image, or for this model."""

    code = Code.INVALID


def read_image(path: Path | None) -> Pixels:
    """The user's image, or a frame of the bundled clip; blue first.

    Raises:
        FileUnreadable, ImageUnusable: there is no such file, or it is no image.
    """
    if path is None:
        found, image = cv2.VideoCapture(str(bundled("street") / "street.mp4")).read()
        if not found or image is None:
            raise ImageUnusable("the bundled clip cannot be read: give --image")
        return np.asarray(image, np.uint8)
    decoded = cv2.imdecode(np.frombuffer(read_bytes(path), np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise ImageUnusable(f"{path} is no image that can be read: give a JPEG or PNG")
    return np.asarray(decoded, np.uint8)


def model_inputs(
    facts: ModelFacts, image: Pixels, preparation: Preparation, size: tuple[int, int]
) -> dict[str, NDArray[Any]]:
    """All inputs of the model, by name.

    Args:
        size: width and height of the model's input.

    Raises:
        ImageUnusable: the model has an input that only its maker could fill.
    """
    for tensor in facts.declared.inputs:
        if prod(max(1, length) for length in tensor.shape) > MAX_ELEMENTS:
            raise ImageUnusable(f"input {tensor} is too large to be tried")
    inputs = {facts.image.tensor.name: _prepared(facts, image, preparation, size)}
    for tensor in facts.declared.inputs:
        if tensor.name not in inputs:
            inputs[tensor.name] = _beside(tensor, size)
    return inputs


def _prepared(
    facts: ModelFacts, image: Pixels, preparation: Preparation, size: tuple[int, int]
) -> NDArray[Any]:
    target, fields = facts.image, preparation.fields
    fit = _letterboxed if fields.get("fit") == "letterbox" else _resized
    fitted = fit(image, size)
    if fields.get("color", "rgb") == "rgb":
        fitted = fitted[:, :, ::-1]
    values = fitted.astype(np.float32)
    if target.tensor.datatype.startswith(("FP", "BF")):
        values = values * fields.get("scale", 1.0) - fields.get("mean", 0.0)
        values = values / fields.get("std", 1.0)
    if target.channels == 1:
        values = values.mean(axis=2, keepdims=True)
    if target.layout is Layout.NCHW:
        values = values.transpose(2, 0, 1)
    if target.batch != 0:
        values = np.repeat(values[None], max(1, target.batch), axis=0)
    return np.ascontiguousarray(values, _type(target.tensor))


def _letterboxed(image: Pixels, size: tuple[int, int]) -> Pixels:
    width, height = size
    factor = min(width / image.shape[1], height / image.shape[0])
    inner = (
        max(1, min(width, round(image.shape[1] * factor))),
        max(1, min(height, round(image.shape[0] * factor))),
    )
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    whole = np.full((height, width, 3), GREY, np.uint8)
    whole[top : top + inner[1], left : left + inner[0]] = _resized(image, inner)
    return whole


def _resized(image: Pixels, size: tuple[int, int]) -> Pixels:
    return np.asarray(cv2.resize(image, size), np.uint8)


def _beside(tensor: Tensor, size: tuple[int, int]) -> NDArray[Any]:
    """An input that tells of the image: its size, its scale, its padding."""
    width, height = size
    usual = usual_constants((tensor,), "", width, height).get(tensor.name)
    if usual is None:
        raise ImageUnusable(f"the file has an input {tensor} that no image tells")
    if isinstance(usual, tuple):
        row = (1,) * (len(tensor.shape) - 1)
        return np.array(usual, _type(tensor)).reshape((*row, -1))
    # One number for each pixel.
    return np.full((1, height, width), usual, _type(tensor))


def _type(tensor: Tensor) -> type[np.generic]:
    if tensor.datatype not in NUMPY_TYPES:
        raise ImageUnusable(f"the file has an input {tensor} of a type that no image has")
    return NUMPY_TYPES[tensor.datatype]
