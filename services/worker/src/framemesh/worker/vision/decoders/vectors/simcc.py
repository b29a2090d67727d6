"""SimCC, as RTMPose has it: for each keypoint a score for each column and for each row."""

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection
from framemesh.worker.vision.decoders.vectors.keypoints import posed


class Simcc:
    """Reads `simcc_x` [keypoints, columns] and `simcc_y` [keypoints, rows].

    Columns and rows divide the input evenly, into parts smaller than a pixel. The score of a
    keypoint is the lower one of its two.
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._threshold = spec.score_threshold
        self._x, self._y = binding.tensors["x"], binding.tensors["y"]

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        columns, rows = outputs[self._x], outputs[self._y]
        xs = columns.argmax(axis=1) / columns.shape[1]
        ys = rows.argmax(axis=1) / rows.shape[1]
        scores = np.minimum(columns.max(axis=1), rows.max(axis=1))
        return posed(xs, ys, scores, self._threshold)
