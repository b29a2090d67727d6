"""CenterNet and its like: a heat map with a peak at the centre of each thing."""

import numpy as np

from framemesh.modeling.decoder_demands import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection, sides_differ
from framemesh.worker.vision.decoders.suppression import select_detections


class CenterNet:
    """Reads `heatmap` [classes, height, width] and `boxes` [4, height, width].

    The model leaves nothing but peaks in the heat map; at a peak, `boxes` has left, top, right and
    bottom in fractions of the input.
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._heatmap = binding.tensors["heatmap"]
        self._boxes = binding.tensors["boxes"]

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        heatmap, boxes = outputs[self._heatmap], outputs[self._boxes]
        if heatmap.shape[1:] != boxes.shape[1:]:
            raise sides_differ((self._heatmap, heatmap), (self._boxes, boxes))
        peaks = (heatmap >= self._spec.score_threshold) & (heatmap > 0)
        # Most images are empty, and this is ten times faster than nonzero.
        if not peaks.any():
            return []
        classes, rows, columns = np.nonzero(peaks)
        corners = boxes[:, rows, columns].T
        return select_detections(corners, heatmap[peaks], classes, self._spec)
