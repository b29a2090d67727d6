"""Classifiers: what the whole image shows."""

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import Array, Outputs, RawDetection
from framemesh.worker.vision.decoders.vectors.probabilities import to_probabilities


class Classification:
    """Reads one number a class: [classes] or [classes, 1, 1].

    A model of a single number tells how likely its only label is, or the second of two.
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._scores = binding.tensors["scores"]
        self._first = int(spec.background)
        self._two_labels = len(binding.labels) == 2

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        values = outputs[self._scores].reshape(-1)
        scores = to_probabilities(self._scores, values, self._spec.activation)
        if len(scores) == 1 and self._two_labels:
            scores = np.array([1 - scores[0], scores[0]], np.float32)
        return ranked(scores[self._first :], self._spec)


def ranked(scores: Array, spec: DecoderSpec) -> list[RawDetection]:
    """The classes above the threshold, the likeliest first."""
    order = np.argsort(-scores, kind="stable")[: spec.max_detections]
    return [
        RawDetection(int(at), min(1.0, float(scores[at])), None)
        for at in order
        if scores[at] >= spec.score_threshold and scores[at] > 0
    ]
