"""Semantic segmentation: the class of each place."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from framemesh.core.detection import RasterKind
from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import Activation, DecoderSpec
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.vision.decoders.activation import sigmoid
from framemesh.worker.vision.decoders.checks import check_probabilities
from framemesh.worker.vision.decoders.decoder import (
    Outputs,
    RawDetail,
    RawDetection,
    RawRaster,
)
from framemesh.worker.vision.decoders.maps.plane import plane

Classes = NDArray[np.uint8]


class Semantic:
    """Reads the scores of each class [classes, height, width]; or one map, either the number of the
    class at each place (`activation: auto`) or the probability or logit of class 1.

    One detection has all of it. It is named after the class that takes most of the image, which is
    known where the map is laid on the image.
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._map = binding.tensors["map"]
        self._classes = len(binding.labels)

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        raster = RawRaster(RasterKind.CLASSES, self._class_of_each(outputs[self._map]))
        return [RawDetection(0, 1.0, None, RawDetail(raster=raster))]

    def _class_of_each(self, values: NDArray[Any]) -> Classes:
        if values.ndim == 3 and len(values) > 1:
            return largest(values)
        if self._spec.activation is Activation.AUTO:
            return self._numbered(plane(values))
        probabilities = self._probabilities(plane(values))
        return np.asarray(probabilities >= self._spec.score_threshold, np.uint8)

    def _probabilities(self, values: NDArray[Any]) -> NDArray[Any]:
        if self._spec.activation is Activation.SIGMOID:
            return sigmoid(values)
        check_probabilities(self._map, values)
        return values

    def _numbered(self, values: NDArray[Any]) -> Classes:
        classes: Classes = np.clip(values, 0, self._classes - 1).astype(np.uint8)
        if not np.array_equal(classes, values):
            raise InferenceFailed(
                f"output {self._map} has values from {values.min():.4g} to {values.max():.4g}, and "
                f"this decoder reads the numbers of classes, 0 to {self._classes - 1}: list a "
                "label for each class, or set decoder.activation to sigmoid or none if these are "
                "the scores of one class"
            )
        return classes


def largest(scores: NDArray[Any]) -> Classes:
    """[height, width]: the class with the largest of its scores [classes, height, width]; of equal
    ones the first."""
    # Five times faster than argmax, which reads across the memory.
    best, classes = scores[0].copy(), np.zeros(scores.shape[1:], np.uint8)
    for number, plane_of_class in enumerate(scores[1:], 1):
        np.putmask(classes, plane_of_class > best, number)
        np.maximum(best, plane_of_class, out=best)
    return classes
