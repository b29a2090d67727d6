"""YuNet: faces with five keypoints."""

from functools import partial

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.decoders.faces.yunet import COLUMNS, STRIDES
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.anchors.grid import (
    check_places,
    grid_places,
    keypoint_details,
)
from framemesh.worker.vision.decoders.checks import check_probabilities
from framemesh.worker.vision.decoders.decoder import Array, Outputs, RawDetection
from framemesh.worker.vision.decoders.geometry import (
    as_floats,
    corners_of_centred,
    fractions_of_pixels,
)
from framemesh.worker.vision.decoders.ranking import sufficient
from framemesh.worker.vision.decoders.suppression import select_detections


class YuNet:
    """Reads, for strides of 8, 16 and 32 pixels, `cls_8` and `obj_8` [places, 1], which together
    are the score, `bbox_8` [places, 4], of which the size is a logarithm, and `kps_8` [places, 10].
    Positions are in strides from the place."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._tensors = binding.tensors
        self._size = binding.input_size
        self._grids = {stride: grid_places(self._size, stride) for stride in STRIDES}

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        found = [self._faces(outputs, stride) for stride in STRIDES]
        scores, boxes, keypoints = (np.concatenate(parts) for parts in zip(*found, strict=True))
        corners = fractions_of_pixels(corners_of_centred(boxes), self._size)
        classes = np.zeros(len(scores), np.intp)
        details = partial(keypoint_details, fractions_of_pixels(keypoints, self._size))
        return select_detections(corners, scores, classes, self._spec, details)

    def _faces(self, outputs: Outputs, stride: int) -> tuple[Array, Array, Array]:
        """Scores [n], centred boxes [n, 4] and keypoints [n, 10] of one grid, in pixels."""
        grid = self._grids[stride]
        names = [self._tensors[f"{kind}_{stride}"] for kind in COLUMNS]
        for name in names:
            check_places(name, outputs[name], len(grid), self._size)
        classified, objects, boxes, keypoints = (as_floats(outputs[name]) for name in names)
        check_probabilities(names[0], classified)
        check_probabilities(names[1], objects)
        scores = np.sqrt(np.clip(classified, 0, 1) * np.clip(objects, 0, 1))[:, 0]
        sure = sufficient(scores, self._spec)
        at = grid[sure]
        centres = (at + boxes[sure, :2]) * stride
        sizes = np.exp(boxes[sure, 2:]) * stride
        points = (np.tile(at, 5) + keypoints[sure]) * stride
        return scores[sure], np.concatenate([centres, sizes], axis=1), points
