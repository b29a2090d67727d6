"""RT-DETR, D-FINE and DEIM with the choice of the best inside the graph."""

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.checks import (
    check_pixels,
    check_probabilities,
    class_indices,
)
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection
from framemesh.worker.vision.decoders.geometry import fractions_of_pixels
from framemesh.worker.vision.decoders.ranking import best_detections, sufficient


class RankedQueries:
    """Reads `labels` [queries], `boxes` [queries, 4] and `scores` [queries].

    Boxes are corners in the units of the input `orig_target_sizes`, which is fed the size of the
    model's input: they are in pixels of it.
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._binding = binding

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        names, size = self._binding.tensors, self._binding.input_size
        scores = np.asarray(outputs[names["scores"]], np.float32)
        check_probabilities(names["scores"], scores)
        sure = sufficient(scores, self._spec)
        pixels = np.asarray(outputs[names["boxes"]], np.float32)[sure]
        check_pixels(names["boxes"], pixels, size)
        classes = class_indices(
            names["classes"], outputs[names["classes"]][sure], self._binding.first_class
        )
        corners = fractions_of_pixels(pixels, size)
        return best_detections(corners, scores[sure], classes, self._spec)
