"""PicoDet without its post-processing: for each grid, scores and distributions of distances."""

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.decoders.picodet import STRIDES
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.anchors.distributions import (
    MIDDLE,
    distributed_corners,
    strided_places,
)
from framemesh.worker.vision.decoders.anchors.grid import check_places
from framemesh.worker.vision.decoders.checks import check_probabilities
from framemesh.worker.vision.decoders.decoder import Array, Outputs, RawDetection
from framemesh.worker.vision.decoders.geometry import as_floats, fractions_of_pixels
from framemesh.worker.vision.decoders.ranking import Indices, sufficient
from framemesh.worker.vision.decoders.suppression import select_detections


class PicoDet:
    """Reads, for strides of 8, 16, 32 and 64 pixels, probabilities [places, classes] and the logits
    of distances [places, 4 * (reg_max + 1)], from the middles of the cells.

    The outputs of one kind are told apart by their lengths: the finest grid has the most places.
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._size = binding.input_size
        self._names = {
            kind: [name for role, name in binding.tensors.items() if role.startswith(f"{kind}_")]
            for kind in ("scores", "distances")
        }
        self._grids = [strided_places(self._size, stride, MIDDLE) for stride in STRIDES]

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        found = [
            self._things(*of_grid)
            for of_grid in zip(
                self._by_grid(outputs, "scores"),
                self._by_grid(outputs, "distances"),
                self._grids,
                strict=True,
            )
        ]
        scores, classes, pixels = (np.concatenate(parts) for parts in zip(*found, strict=True))
        corners = fractions_of_pixels(pixels, self._size)
        return select_detections(corners, scores, classes, self._spec)

    def _by_grid(self, outputs: Outputs, kind: str) -> list[Array]:
        """The outputs of one kind, the finest grid first."""
        named = [(name, as_floats(outputs[name])) for name in self._names[kind]]
        named.sort(key=lambda each: -len(each[1]))
        for (name, values), grid in zip(named, self._grids, strict=True):
            check_places(name, values, len(grid), self._size)
            if kind == "scores":
                check_probabilities(name, values)
        return [values for _, values in named]

    def _things(self, scores: Array, distances: Array, grid: Array) -> tuple[Array, Indices, Array]:
        """Of one grid: scores [n], classes [n] and corners [n, 4] in pixels."""
        sure = sufficient(scores, self._spec)
        places, classes = np.nonzero(sure)
        return scores[sure], classes, distributed_corners(distances[places], grid[places])
