"""The inputs of a model for one image, for the inference that a check runs."""

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.cli.common.bundled import bundled
from framemesh.cli.common.files import read_bytes
from framemesh.core.documents.document import read
from framemesh.core.errors import Code, FramemeshError
from framemesh.modeling.constants import usual_constants
from framemesh.modeling.manifest import DType, InputSpec, ModelManifest
from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.input_fields import ARITHMETIC, input_fields
from framemesh.modeling.recognition.preparation import Preparation
from framemesh.modeling.signature import FLOATS, Tensor
from framemesh.modeling.validation import ValidatedModel, check_signature
from framemesh.vision.arrays import NUMPY, Pixels
from framemesh.vision.constants import constant_values
from framemesh.vision.placement import input_size
from framemesh.vision.preprocess import Preprocessor

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


def served_inputs(
    manifest: ModelManifest, model: ValidatedModel, image: Pixels
) -> dict[str, NDArray[Any]]:
    """All inputs of a model for one image, by name: what a worker sends."""
    height, width = image.shape[:2]
    sized = manifest.of_size(*input_size(manifest.input, width, height))
    first, *others = check_signature(sized, model.declared).signature.inputs
    constants = sized.constant_numbers
    return {
        first.name: np.broadcast_to(_prepared(manifest.input, image), first.shape_of(1)),
        **{each.name: constant_values(constants, each, 1) for each in others},
    }


def trial_inputs(
    facts: ModelFacts, image: Pixels, preparation: Preparation, size: tuple[int, int]
) -> dict[str, NDArray[Any]]:
    """All inputs of a file that is not recognised yet, by name.

    Args:
        size: width and height of the model's input.

    Raises:
        ImageUnusable: the model has an input that only its maker could fill.
    """
    for tensor in facts.declared.inputs:
        if prod(max(1, length) for length in tensor.shape) > MAX_ELEMENTS:
            raise ImageUnusable(f"input {tensor} is too large to be tried")
    target = facts.image
    prepared = _prepared(_trial_spec(facts, preparation, size), image)
    if target.batch != 0:
        prepared = np.repeat(prepared[None], max(1, target.batch), axis=0)
    inputs = {target.tensor.name: prepared.astype(_type(target.tensor), copy=False)}
    for tensor in facts.declared.inputs:
        if tensor.name not in inputs:
            inputs[tensor.name] = _beside(tensor, size)
    return inputs


def _prepared(spec: InputSpec, image: Pixels) -> NDArray[Any]:
    preprocessor = Preprocessor(spec)
    height, width = image.shape[:2]
    shape = preprocessor.shape(preprocessor.size(width, height))
    prepared = np.empty(shape, np.dtype(str(spec.dtype)))
    preprocessor.write(image, prepared)
    return prepared


def _trial_spec(facts: ModelFacts, preparation: Preparation, size: tuple[int, int]) -> InputSpec:
    """As `model.yaml` would have it. A type that workers do not write is made of one they do, so
    that such a file is told as well."""
    fields = input_fields(facts, preparation, *size)
    if fields["dtype"] not in set(DType):
        floats = facts.image.tensor.datatype in FLOATS
        fields = {**fields, "dtype": "float32"} if floats else _plain(fields)
    return read(fields, InputSpec, f"the input of {facts.file}")


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Without arithmetic, which whole numbers do not take."""
    kept = {name: value for name, value in fields.items() if name not in ARITHMETIC}
    return {**kept, "dtype": "int32"}


def _beside(tensor: Tensor, size: tuple[int, int]) -> NDArray[Any]:
    """An input that tells of the image: its size, its scale, its padding."""
    usual = usual_constants((tensor,), "").get(tensor.name)
    if usual is None:
        raise ImageUnusable(f"the file has an input {tensor} that no image tells")
    width, height = size
    if not isinstance(usual, tuple):  # one number for each pixel
        return np.full((1, height, width), usual, _type(tensor))
    sides = {"width": width, "height": height}
    numbers = [sides[value] if isinstance(value, str) else value for value in usual]
    return np.array(numbers, _type(tensor)).reshape((*(1,) * (len(tensor.shape) - 1), -1))


def _type(tensor: Tensor) -> type[np.generic]:
    if tensor.datatype not in NUMPY:
        raise ImageUnusable(f"the file has an input {tensor} of a type that no image has")
    return NUMPY[tensor.datatype]
