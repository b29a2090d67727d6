"""CenterNet and its like: a heat map with a peak at the centre of each thing."""

import numpy as np

from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection, Shapes, sides_differ
from framemesh.worker.vision.decoders.shapes import fixed, misfit, tensor
from framemesh.worker.vision.decoders.suppression import select_detections


class CenterNet:
    """Reads `heatmap` [classes, height, width] and `boxes` [4, height, width].

    The model leaves nothing but peaks in the heat map; at a peak, `boxes` has left, top, right and
    bottom in fractions of the input.
    """

    def __init__(self, spec: DecoderSpec, shapes: Shapes) -> None:
        """Raises:
        ModelInvalid: the tensors are not there or not so.
        """
        self._spec = spec
        heatmap = tensor(shapes, "heatmap", "classes,height,width", "centernet")
        boxes = tensor(shapes, "boxes", "4,height,width", "centernet")
        if boxes != (4, *heatmap[1:]):
            raise misfit(shapes, "centernet", f"boxes to be {[4, *heatmap[1:]]}")
        self.classes = fixed(heatmap[0], shapes, "centernet", "classes")

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        heatmap, boxes = outputs["heatmap"], outputs["boxes"]
        if heatmap.shape[1:] != boxes.shape[1:]:
            raise sides_differ(("heatmap", heatmap), ("boxes", boxes))
        peaks = (heatmap >= self._spec.score_threshold) & (heatmap > 0)
        # Most pictures are empty, and this is ten times faster than nonzero.
        if not peaks.any():
            return []
        classes, rows, columns = np.nonzero(peaks)
        corners = boxes[:, rows, columns].T
        return select_detections(corners, heatmap[peaks], classes, self._spec)
