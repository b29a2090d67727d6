"""What a YOLO tells beside the box of a thing: its keypoints, or its mask."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from framemesh.core.detection import Keypoint, Point
from framemesh.modeling.decoders.demand import DecoderBinding, InputSize
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import Array, Outputs, RawDetail
from framemesh.worker.vision.decoders.geometry import as_floats

MASKS_AT_ONCE = 32
"""The sums of so many masks of 160 x 160 take 3 MB: they stay in a processor's cache."""


class DetailReader(Protocol):
    """Reads what follows the box and the class of each thing."""

    def read(self, values: Array, outputs: Outputs) -> Sequence[RawDetail | None]:
        """One for each row of `values`, [n, values of a thing]."""
        ...


class NoDetail:
    """Of models that tell of boxes alone."""

    def read(self, values: Array, outputs: Outputs) -> Sequence[RawDetail | None]:
        return [None] * len(values)


class KeypointReader:
    """Reads x, y (and how sure the model is) of each keypoint, in pixels of the input."""

    def __init__(self, values_each: int, size: InputSize) -> None:
        self._values_each = values_each
        self._sides = np.array([size.width, size.height], np.float32)

    def read(self, values: Array, outputs: Outputs) -> Sequence[RawDetail | None]:
        keypoints = values.reshape(len(values), -1, self._values_each)
        places = (keypoints[..., :2] / self._sides).tolist()
        if self._values_each > 2:
            scores = np.clip(keypoints[..., 2], 0.0, 1.0).tolist()
        else:
            scores = np.ones(keypoints.shape[:2]).tolist()
        return [
            RawDetail(
                keypoints=tuple(
                    Keypoint(Point(x, y), score) for (x, y), score in zip(at, sure, strict=True)
                )
            )
            for at, sure in zip(places, scores, strict=True)
        ]


class MaskReader:
    """Reads coefficients: a mask is the sum of the model's prototypes, each times its coefficient,
    where a sigmoid of it is over 0.5."""

    def __init__(self, prototypes: str) -> None:
        self._prototypes = prototypes

    def read(self, values: Array, outputs: Outputs) -> Sequence[RawDetail | None]:
        prototypes = as_floats(outputs[self._prototypes])
        count, height, width = prototypes.shape
        flat = prototypes.reshape(count, -1)
        details: list[RawDetail] = []
        for first in range(0, len(values), MASKS_AT_ONCE):
            # A sigmoid is over 0.5 where its argument is positive.
            inside = values[first : first + MASKS_AT_ONCE] @ flat > 0
            details += [RawDetail(mask=mask) for mask in inside.reshape(-1, height, width)]
        return details


def detail_reader(spec: DecoderSpec, binding: DecoderBinding) -> DetailReader:
    """The one for a model's outputs."""
    if "prototypes" in binding.tensors:
        return MaskReader(binding.tensors["prototypes"])
    if spec.keypoints:
        return KeypointReader(spec.keypoint_values, binding.input_size)
    return NoDetail()
