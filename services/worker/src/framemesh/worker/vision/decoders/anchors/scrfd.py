"""SCRFD, and RetinaFace as InsightFace exports it: faces, often with five keypoints."""

from functools import partial

import numpy as np

from framemesh.modeling.decoders.demand import BOX_SIDES, DecoderBinding
from framemesh.modeling.decoders.faces.scrfd import GRIDS, KEYPOINT_COLUMNS, KINDS
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.anchors.grid import (
    check_places,
    grid_places,
    keypoint_details,
)
from framemesh.worker.vision.decoders.checks import check_probabilities
from framemesh.worker.vision.decoders.decoder import Array, Outputs, RawDetection
from framemesh.worker.vision.decoders.geometry import as_floats, fractions_of_pixels
from framemesh.worker.vision.decoders.ranking import sufficient
from framemesh.worker.vision.decoders.suppression import select_detections


class Scrfd:
    """Reads, for each grid, scores [faces, 1], boxes [faces, 4]: how far left, top, right and
    bottom are, in strides, and perhaps keypoints [faces, 10] in strides from the place.

    The outputs of one kind are told apart by their lengths: the finest grid has the most places.
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._size = binding.input_size
        self._names = {kind: _names(binding, kind) for kind in KINDS.values()}
        grids = GRIDS[len(self._names["score"])]
        self._strides = grids.strides
        self._places = [
            np.repeat(grid_places(self._size, stride) * stride, grids.anchors, axis=0)
            for stride in grids.strides
        ]

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        columns = [self._by_grid(outputs, kind, columns) for columns, kind in KINDS.items()]
        found = [
            self._faces(stride, places, *of_grid)
            for stride, places, *of_grid in zip(
                self._strides, self._places, *filter(None, columns), strict=True
            )
        ]
        scores, pixels = (np.concatenate(parts) for parts in zip(*found, strict=True))
        fractions = fractions_of_pixels(pixels, self._size)
        details = partial(keypoint_details, fractions[:, BOX_SIDES:])
        return select_detections(
            fractions[:, :BOX_SIDES],
            scores,
            np.zeros(len(scores), np.intp),
            self._spec,
            details if self._names["kps"] else None,
        )

    def _by_grid(self, outputs: Outputs, kind: str, columns: int) -> list[Array]:
        """The outputs of one kind as [faces, columns], the finest grid first; none of a kind that
        the model does not tell."""
        named = [
            (name, as_floats(outputs[name]).reshape(-1, columns)) for name in self._names[kind]
        ]
        named.sort(key=lambda each: -len(each[1]))
        for (name, values), places in zip(named, self._places, strict=False):
            check_places(name, values, len(places), self._size)
            if kind == "score":
                check_probabilities(name, values)
        return [values for _, values in named]

    def _faces(
        self, stride: int, places: Array, scores: Array, *offsets: Array
    ) -> tuple[Array, Array]:
        """Of one grid: scores [n], and [n, 4 or 14] corners and keypoints in pixels.

        offsets: boxes [faces, 4] and perhaps keypoints [faces, 10].
        """
        sure = sufficient(scores[:, 0], self._spec)
        at = places[sure]
        sides = offsets[0][sure] * stride
        repeated = np.tile(at, KEYPOINT_COLUMNS // 2)
        keypoints = [repeated + each[sure] * stride for each in offsets[1:]]
        pixels = np.concatenate([at - sides[:, :2], at + sides[:, 2:], *keypoints], axis=1)
        return scores[sure, 0], pixels


def _names(binding: DecoderBinding, kind: str) -> list[str]:
    return [name for role, name in binding.tensors.items() if role.startswith(f"{kind}_")]
