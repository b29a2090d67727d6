"""FastestDet: one map, of which each cell may hold one thing."""

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.decoders.fastestdet import BOX_CHANNELS
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.activation import sigmoid
from framemesh.worker.vision.decoders.checks import check_probabilities
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection
from framemesh.worker.vision.decoders.suppression import select_detections

OBJECT_POWER = 0.6
CLASS_POWER = 0.4
"""score = object^0.6 * class^0.4, as its author weighs the two."""


class FastestDet:
    """Reads the only output, [5 + classes, height, width]."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._cells = binding.tensors["cells"]
        # No class is more than certain, so a cell below this cannot reach the threshold.
        self._least_object = spec.score_threshold ** (1 / OBJECT_POWER)

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        cells = outputs[self._cells]
        check_probabilities(self._cells, cells[0])
        check_probabilities(self._cells, cells[BOX_CHANNELS:])
        height, width = cells.shape[1:]
        rows, columns = np.nonzero((cells[0] >= self._least_object) & (cells[0] > 0))
        found = cells[:, rows, columns]
        classes = found[BOX_CHANNELS:].argmax(axis=0)
        surest = np.maximum(found[BOX_CHANNELS:].max(axis=0, initial=0.0), 0.0)
        scores = found[0] ** OBJECT_POWER * surest**CLASS_POWER
        centre_x = (columns + np.tanh(found[1])) / width
        centre_y = (rows + np.tanh(found[2])) / height
        half = sigmoid(found[3:5]) / 2
        corners = np.stack(
            [centre_x - half[0], centre_y - half[1], centre_x + half[0], centre_y + half[1]], axis=1
        )
        sure = scores >= self._spec.score_threshold
        return select_detections(corners[sure], scores[sure], classes[sure], self._spec)
