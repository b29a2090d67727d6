"""Text detection by differentiable binarization (DB): a map of how likely each place is text."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.core.detection import Point
from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import Activation, DecoderSpec
from framemesh.worker.vision.decoders.activation import sigmoid
from framemesh.worker.vision.decoders.checks import check_probabilities
from framemesh.worker.vision.decoders.decoder import Array, Outputs, RawDetail, RawDetection
from framemesh.worker.vision.decoders.maps.plane import plane
from framemesh.worker.vision.decoders.maps.text_region import TextRegion, text_region
from framemesh.worker.vision.decoders.ranking import Indices, best_detections

MAX_CONTOURS = 1000
"""Regions that are looked at, as PaddleOCR has it: a map of noise has thousands."""

DILATION = np.ones((2, 2), np.uint8)
"""As PaddleOCR joins letters that lie apart."""


class DbText:
    """Reads one map [height, width] of probabilities, or logits with `activation: sigmoid`.

    What is over `map_threshold` and hangs together is a region; its score is the mean of the map
    inside the smallest rectangle around it. The map has text shrunk, so each rectangle is grown by
    area * unclip_ratio / perimeter on all sides.
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._map = binding.tensors["map"]

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        probabilities = self._probabilities(plane(outputs[self._map]))
        regions = self._regions(probabilities)
        if not regions:
            return []
        height, width = probabilities.shape
        corners = np.array([region.corners for region in regions]) / (width, height)
        around = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
        scores = np.array([region.score for region in regions])

        def details(kept: Indices) -> list[RawDetail]:
            return [
                RawDetail(corners=tuple(Point(x, y) for x, y in each))
                for each in corners[kept].tolist()
            ]

        classes = np.zeros(len(regions), np.intp)
        return best_detections(around, scores, classes, self._spec, details)

    def _probabilities(self, values: NDArray[Any]) -> Array:
        if self._spec.activation is Activation.SIGMOID:
            return sigmoid(values)
        check_probabilities(self._map, values)
        return np.asarray(values, np.float32)

    def _regions(self, probabilities: Array) -> list[TextRegion]:
        text = (probabilities > self._spec.map_threshold).astype(np.uint8)
        if self._spec.dilate:
            text = np.asarray(cv2.dilate(text, DILATION), np.uint8)
        contours, _ = cv2.findContours(text, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        found = (text_region(each, probabilities, self._spec) for each in contours[:MAX_CONTOURS])
        return [region for region in found if region is not None]
