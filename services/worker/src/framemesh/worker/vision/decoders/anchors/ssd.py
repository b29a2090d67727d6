"""SSD and its like: for each of many fixed places, a score a class and a box."""

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection, sides_differ
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
        scores = scores[:, self._first :]
        sure = (scores >= self._spec.score_threshold) & (scores > 0)
        places, classes = np.nonzero(sure)
        return select_detections(boxes[places], scores[sure], classes, self._spec)
