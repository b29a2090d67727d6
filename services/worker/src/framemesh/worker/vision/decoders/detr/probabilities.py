"""RT-DETR as Ultralytics exports it: boxes and probabilities side by side."""

import numpy as np

from framemesh.modeling.decoders.demand import BOX_SIDES, DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.checks import check_fractions, check_probabilities
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection
from framemesh.worker.vision.decoders.geometry import corners_of_centred
from framemesh.worker.vision.decoders.ranking import best_detections, sufficient


class ProbabilityQueries:
    """Reads the only output [queries, 4 + classes]: centre and size, 0 to 1, then probabilities.

    A query finds one thing: the class of its best score.
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._queries = binding.tensors["queries"]

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        queries = np.asarray(outputs[self._queries], np.float32)
        probabilities = queries[:, BOX_SIDES:]
        check_probabilities(self._queries, probabilities)
        classes = probabilities.argmax(axis=1)
        scores = probabilities.max(axis=1)
        sure = sufficient(scores, self._spec)
        boxes = queries[sure, :BOX_SIDES]
        check_fractions(self._queries, boxes)
        return best_detections(corners_of_centred(boxes), scores[sure], classes[sure], self._spec)
