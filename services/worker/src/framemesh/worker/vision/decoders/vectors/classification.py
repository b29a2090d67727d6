"""Classifiers: what the whole image shows."""

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import Array, Outputs, RawDetection

SUM_TOLERANCE = 1e-3
"""How far from 1 the sum of float32 probabilities may be."""


class Classification:
    """Reads the only output, one logit or one probability a class: [classes] or [classes, 1, 1].

    Values that are no probabilities go through a softmax.
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._scores = binding.tensors["scores"]
        self._first = int(spec.background)

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        scores = _probabilities(outputs[self._scores].reshape(-1))[self._first :]
        order = np.argsort(-scores, kind="stable")[: self._spec.max_detections]
        return [
            RawDetection(int(at), min(1.0, float(scores[at])), None)
            for at in order
            if scores[at] >= self._spec.score_threshold and scores[at] > 0
        ]


def _probabilities(values: Array) -> Array:
    if values.min() >= 0 and abs(float(values.sum()) - 1) < SUM_TOLERANCE:
        return values
    weights = np.exp(values - values.max())
    return np.asarray(weights / weights.sum(), np.float32)
