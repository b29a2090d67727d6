"""SSD and its like: for each of many fixed places, a score a class and a box."""

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.checks import (
    check_corners,
    check_fractions,
    check_probabilities,
)
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection, sides_differ
from framemesh.worker.vision.decoders.ranking import sufficient
from framemesh.worker.vision.decoders.suppression import select_detections


class Ssd:
    """Reads scores [places, classes] and boxes [places, 4]: left, top, right, bottom, 0 to 1."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._scores = binding.tensors["scores"]
        self._boxes = binding.tensors["boxes"]
        self._first = int(spec.background)

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        scores, boxes = outputs[self._scores], outputs[self._boxes]
        if len(scores) != len(boxes):
            raise sides_differ((self._scores, scores), (self._boxes, boxes))
        check_probabilities(self._scores, scores)
        scores = scores[:, self._first :]
        sure = sufficient(scores, self._spec)
        places, classes = np.nonzero(sure)
        corners = boxes[places]
        check_fractions(self._boxes, corners)
        check_corners(self._boxes, corners)
        return select_detections(corners, scores[sure], classes, self._spec)
