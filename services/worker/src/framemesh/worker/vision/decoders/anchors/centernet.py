"""CenterNet and its like: a heat map with a peak at the centre of each thing."""

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.checks import check_fractions, check_probabilities
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection, sides_differ
from framemesh.worker.vision.decoders.suppression import select_detections


class CenterNet:
    """Reads `heatmap` [classes, height, width] and `boxes` [4, height, width].

    The model leaves nothing but peaks in the heat map; at a peak, `boxes` has left, top, right and
    bottom in fractions of the input.
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        # A score of 0 is no peak, whatever the threshold.
        self._min_score = max(spec.score_threshold, float(np.finfo(np.float32).smallest_subnormal))
        self._heatmap = binding.tensors["heatmap"]
        self._boxes = binding.tensors["boxes"]

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        heatmap, boxes = outputs[self._heatmap], outputs[self._boxes]
        if heatmap.shape[1:] != boxes.shape[1:]:
            raise sides_differ((self._heatmap, heatmap), (self._boxes, boxes))
        check_probabilities(self._heatmap, heatmap)
        # Flat, as nonzero is five times slower with three dimensions.
        scores = heatmap.reshape(-1)
        peaks = np.flatnonzero(scores >= self._min_score)
        classes, places = np.divmod(peaks, heatmap.shape[1] * heatmap.shape[2])
        corners = boxes.reshape(4, -1)[:, places].T
        check_fractions(self._boxes, corners)
        return select_detections(corners, scores[peaks], classes, self._spec)
