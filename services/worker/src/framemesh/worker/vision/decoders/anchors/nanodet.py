"""NanoDet: at each place, scores and how far the four sides are, as distributions."""

import numpy as np

from framemesh.modeling.decoders.demand import BOX_SIDES, DecoderBinding
from framemesh.modeling.decoders.nanodet import PLUS_STRIDES, STRIDES, places
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.anchors.distributions import (
    MIDDLE,
    distributed_corners,
    strided_places,
)
from framemesh.worker.vision.decoders.checks import check_probabilities
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection
from framemesh.worker.vision.decoders.geometry import as_floats, fractions_of_pixels
from framemesh.worker.vision.decoders.ranking import sufficient
from framemesh.worker.vision.decoders.suppression import select_detections


class NanoDet:
    """Reads the only output [places, classes + 4 * (reg_max + 1)]: probabilities, then for left,
    top, right and bottom the logits of 0, 1, ... reg_max strides from the place.

    Places of NanoDet are the middles of cells, those of NanoDet-Plus their upper left.
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._name = binding.tensors["places"]
        self._size = binding.input_size
        self._sides = BOX_SIDES * (spec.reg_max + 1)
        self._grids = {
            places(self._size, strides): np.concatenate(
                [strided_places(self._size, stride, offset) for stride in strides]
            )
            for strides, offset in ((STRIDES, MIDDLE), (PLUS_STRIDES, 0.0))
        }

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        rows = as_floats(outputs[self._name])
        scores, sides = rows[:, : -self._sides], rows[:, -self._sides :]
        check_probabilities(self._name, scores)
        sure = sufficient(scores, self._spec)
        found, classes = np.nonzero(sure)
        pixels = distributed_corners(sides[found], self._grids[len(rows)][found])
        corners = fractions_of_pixels(pixels, self._size)
        return select_detections(corners, scores[sure], classes, self._spec)
