"""Families that tell of each place whether there is anything at all: YOLOv5, v6, v7 and YOLOX."""

from functools import lru_cache

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding, InputSize
from framemesh.modeling.decoders.yolo.objectness import BOX_COLUMNS, yolox_strides
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.vision.decoders.checks import check_probabilities
from framemesh.worker.vision.decoders.decoder import Array, Outputs, RawDetection
from framemesh.worker.vision.decoders.geometry import as_floats
from framemesh.worker.vision.decoders.ranking import Indices, sufficient
from framemesh.worker.vision.decoders.suppression import select_detections
from framemesh.worker.vision.decoders.yolo.details import detail_reader
from framemesh.worker.vision.decoders.yolo.pixels import centred_fractions

OBJECT_COLUMN = 4

MAX_LOG_SIZE = 20.0
"""Of a YOLOX box in cells: beyond any input, and not beyond float32."""


class YoloV5:
    """Reads [places, 5 + classes + coefficients]: centre and size in pixels of the input, whether
    there is something, which class it is, 0 to 1, and perhaps coefficients of a mask. Score =
    something * class; a place has its best class."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._table = binding.tensors["table"]
        self._size = binding.input_size
        # Always known: each class has a column.
        self._details_at = BOX_COLUMNS + (binding.classes or 0)
        self._reader = detail_reader(spec, binding)

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        table = as_floats(outputs[self._table])
        objects = table[:, OBJECT_COLUMN]
        # No class is more than certain, so a place below the threshold cannot reach it.
        check_probabilities(self._table, objects)
        places = np.flatnonzero(sufficient(objects, self._spec))
        found = table[places]
        of_classes = found[:, BOX_COLUMNS : self._details_at]
        scores = of_classes.max(axis=1, initial=0.0) * found[:, OBJECT_COLUMN]
        check_probabilities(self._table, scores)
        sure = sufficient(scores, self._spec)
        places, found, scores = places[sure], found[sure], scores[sure]
        classes = of_classes[sure].argmax(axis=1)
        boxes = self._centred(found[:, :OBJECT_COLUMN], places, len(table))
        corners = centred_fractions(self._table, boxes, self._size)
        return select_detections(
            corners,
            scores,
            classes,
            self._spec,
            lambda kept: self._reader.read(found[kept, self._details_at :], outputs),
        )

    def _centred(self, boxes: Array, places: Indices, count: int) -> Array:
        """[n, 4] of the table, at these of `count` places, as centre and size in pixels."""
        return boxes


class YoloX(YoloV5):
    """As YOLOv5, but centre and size are those of the network: the centre counts cells from the
    place's own, the size is the logarithm of that in cells."""

    def _centred(self, boxes: Array, places: Indices, count: int) -> Array:
        strides = yolox_strides(self._size, count)
        if strides is None:
            raise InferenceFailed(
                f"output {self._table} has {count} places, which are no grids of an input of "
                f"{self._size.width} x {self._size.height}: check input.width and height"
            )
        cells = _grids(self._size, strides)[places]
        cell_strides = cells[:, 2:]
        centre = (boxes[:, :2] + cells[:, :2]) * cell_strides
        size = np.exp(np.minimum(boxes[:, 2:4], MAX_LOG_SIZE)) * cell_strides
        return np.concatenate([centre, size], axis=1)


@lru_cache(maxsize=64)
def _grids(size: InputSize, strides: tuple[int, ...]) -> Array:
    """[places, 3]: column, row and stride of each place."""
    grids = []
    for stride in strides:
        rows, columns = np.mgrid[: size.height // stride, : size.width // stride]
        grids.append(np.stack([columns.ravel(), rows.ravel(), np.full(rows.size, stride)], axis=1))
    return np.concatenate(grids).astype(np.float32)
