"""Classifiers: what the whole picture shows."""

import numpy as np

from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import Array, Outputs, RawDetection, Shapes
from framemesh.worker.vision.decoders.shapes import fixed, misfit

SUM_TOLERANCE = 1e-3
"""How far from 1 the sum of float32 probabilities may be."""


class Classification:
    """Reads the only output, one logit or one probability a class: [classes] or [classes, 1, 1].

    Values that are no probabilities go through a softmax.
    """

    def __init__(self, spec: DecoderSpec, shapes: Shapes) -> None:
        """Raises:
        ModelInvalid: the model has other outputs.
        """
        self._spec = spec
        if len(shapes) != 1:
            raise misfit(shapes, "classification", "one output [classes]")
        ((self._name, shape),) = shapes.items()
        if not shape or any(side != 1 for side in shape[1:]):
            raise misfit(shapes, "classification", f"{self._name} to be [classes]")
        self._first = int(spec.background)
        self.classes = fixed(shape[0] - self._first, shapes, "classification", "classes")

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        scores = _probabilities(outputs[self._name].reshape(-1))[self._first :]
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
