"""Heat maps of keypoints, as HRNet and ViTPose have them: a map for each, with its peak there."""

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import Activation, DecoderSpec
from framemesh.worker.vision.decoders.activation import sigmoid
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection
from framemesh.worker.vision.decoders.vectors.keypoints import posed

SHIFT = 0.25
"""Cells that a keypoint lies beside its peak, towards the higher neighbour: as HRNet's authors
read their maps."""


class HeatmapPose:
    """Reads [keypoints, height, width]; the score of a keypoint is the height of its peak."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._heatmaps = binding.tensors["heatmaps"]

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        maps = outputs[self._heatmaps]
        count, height, width = maps.shape
        flat = maps.reshape(count, -1)
        peaks = flat.argmax(axis=1)
        rows, columns = np.divmod(peaks, width)
        scores = flat[np.arange(count), peaks]
        if self._spec.activation is Activation.SIGMOID:
            scores = sigmoid(scores)
        xs, ys = columns.astype(np.float64), rows.astype(np.float64)
        for at, (row, column) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
            if 1 < column < width - 1 and 1 < row < height - 1:
                xs[at] += SHIFT * _slope(maps[at, row, column - 1], maps[at, row, column + 1])
                ys[at] += SHIFT * _slope(maps[at, row - 1, column], maps[at, row + 1, column])
        return posed(xs / width, ys / height, scores, self._spec.score_threshold)


def _slope(before: np.float32, after: np.float32) -> float:
    return float(np.sign(after - before))
