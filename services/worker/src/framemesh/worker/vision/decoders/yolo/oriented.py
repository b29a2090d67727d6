"""YOLOs of oriented boxes."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from framemesh.core.detection import Point
from framemesh.modeling.decoders.demand import DecoderBinding, InputSize
from framemesh.modeling.decoders.yolo.class_scores import BOX_ROWS
from framemesh.modeling.manifest import DecoderSpec, Suppression
from framemesh.worker.vision.decoders.checks import check_pixels
from framemesh.worker.vision.decoders.decoder import Array, Outputs, RawDetail, RawDetection
from framemesh.worker.vision.decoders.geometry import (
    corners_of_centred,
    fractions_of_pixels,
)
from framemesh.worker.vision.decoders.ranking import Indices, ranked, to_detections
from framemesh.worker.vision.decoders.soft_suppression import soft_suppression, with_lowered
from framemesh.worker.vision.decoders.suppression import rivals
from framemesh.worker.vision.decoders.yolo.candidates import best_classes
from framemesh.worker.vision.decoders.yolo.rotation import (
    MAX_ORIENTED,
    corners_of,
    rotated_overlaps,
    rotated_suppression,
)
from framemesh.worker.vision.decoders.yolo.table import PlacesTable


class YoloV8Oriented:
    """Reads [4 + classes + 1, places]: centre and size in pixels of the input, the score of each
    class, 0 to 1, and an angle in radians, clockwise."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._table = PlacesTable(binding)
        self._size = binding.input_size

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        table = self._table.read(outputs)
        best = best_classes(self._table.tensor, table[BOX_ROWS:-1], self._spec)
        boxes = np.concatenate([table[:BOX_ROWS, best.places], table[-1:, best.places]]).T
        found = OrientedBoxes(self._table.tensor, boxes, self._size)
        order = ranked(found.around, best.scores)[:MAX_ORIENTED]
        groups = rivals(best.classes[order], self._spec)
        scores = best.scores
        if self._spec.suppression is Suppression.HARD:
            kept = rotated_suppression(
                boxes[order], groups, self._spec.iou_threshold, self._spec.max_detections
            )
        else:
            kept, lowered = soft_suppression(
                scores[order], groups, partial(rotated_overlaps, boxes[order]), self._spec
            )
            scores = with_lowered(scores, order[kept], lowered)
        return to_detections(found.around, scores, best.classes, order[kept], found.details)


class OrientedBoxes:
    """Oriented boxes [n, 5] of output `tensor`, in pixels of the input, as fractions of it."""

    def __init__(self, tensor: str, boxes: Array, size: InputSize) -> None:
        """
        Raises:
            InferenceFailed: they are in no pixels of such an input.
        """
        check_pixels(tensor, corners_of_centred(boxes[:, :4]), size)
        corners = corners_of(boxes).reshape(-1, 8)
        self._corners = fractions_of_pixels(corners, size).reshape(-1, 4, 2)
        self.around = np.concatenate([self._corners.min(axis=1), self._corners.max(axis=1)], axis=1)
        """[n, 4]: left, top, right, bottom of the boxes that enclose them."""

    def details(self, kept: Indices) -> Sequence[RawDetail]:
        """The corners of those with these indices."""
        return [
            RawDetail(corners=tuple(Point(x, y) for x, y in corners))
            for corners in self._corners[kept].tolist()
        ]
