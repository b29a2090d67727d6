"""NanoDet: at each place, scores and how far the four sides are, as distributions."""

import numpy as np

from framemesh.modeling.decoders.demand import BOX_SIDES, DecoderBinding
from framemesh.modeling.decoders.nanodet import PLUS_STRIDES, STRIDES, places
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.activation import softmax
from framemesh.worker.vision.decoders.anchors.grid import grid_places
from framemesh.worker.vision.decoders.checks import check_probabilities
from framemesh.worker.vision.decoders.decoder import Array, Outputs, RawDetection
from framemesh.worker.vision.decoders.geometry import as_floats, fractions_of_pixels
from framemesh.worker.vision.decoders.ranking import sufficient
from framemesh.worker.vision.decoders.suppression import select_detections

MIDDLE = 0.5
"""Of a cell, where the places of NanoDet lie; those of NanoDet-Plus lie at its upper left."""


class NanoDet:
    """Reads the only output [places, classes + 4 * (reg_max + 1)]: probabilities, then for left,
    top, right and bottom the logits of 0, 1, ... reg_max strides from the place."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._name = binding.tensors["places"]
        self._size = binding.input_size
        self._sides = BOX_SIDES * (spec.reg_max + 1)
        self._steps = np.arange(spec.reg_max + 1, dtype=np.float32)
        self._grids = {
            places(self._size, strides): _places(binding, strides, offset)
            for strides, offset in ((STRIDES, MIDDLE), (PLUS_STRIDES, 0.0))
        }

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        rows = as_floats(outputs[self._name])
        scores, sides = rows[:, : -self._sides], rows[:, -self._sides :]
        check_probabilities(self._name, scores)
        sure = sufficient(scores, self._spec)
        found, classes = np.nonzero(sure)
        grid = self._grids[len(rows)][found]
        distributions = softmax(sides[found].reshape(-1, BOX_SIDES, len(self._steps)))
        distances = distributions @ self._steps * grid[:, 2:]
        pixels = np.concatenate(
            [grid[:, :2] - distances[:, :2], grid[:, :2] + distances[:, 2:]], axis=1
        )
        corners = fractions_of_pixels(pixels, self._size)
        return select_detections(corners, scores[sure], classes, self._spec)


def _places(binding: DecoderBinding, strides: tuple[int, ...], offset: float) -> Array:
    """[places, 3] x, y, stride in pixels of the input."""
    grids = [
        np.pad(
            (grid_places(binding.input_size, stride) + offset) * stride,
            ((0, 0), (0, 1)),
            constant_values=stride,
        )
        for stride in strides
    ]
    return np.concatenate(grids)
