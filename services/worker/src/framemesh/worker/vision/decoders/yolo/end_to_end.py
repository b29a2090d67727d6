"""YOLOs that choose their boxes themselves: YOLOv10, YOLO26, and exports with `nms`."""

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.decoders.yolo.end_to_end import BOX_COLUMNS
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.checks import check_probabilities, class_indices
from framemesh.worker.vision.decoders.decoder import Array, Outputs, RawDetection
from framemesh.worker.vision.decoders.geometry import as_floats
from framemesh.worker.vision.decoders.ranking import Details, best_detections, sufficient
from framemesh.worker.vision.decoders.yolo.details import detail_reader
from framemesh.worker.vision.decoders.yolo.oriented import OrientedBoxes
from framemesh.worker.vision.decoders.yolo.pixels import corner_fractions

SCORE_COLUMN = 4
CLASS_COLUMN = 5


class YoloEndToEnd:
    """Reads [rows, 6 + details]: left, top, right, bottom in pixels of the input, score, class, and
    keypoints or coefficients of a mask. Oriented boxes are [rows, 7]: centre, size, score, class,
    angle. Rows of a score of 0 fill up the table."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._angled = "oriented" in binding.tensors
        self._rows = binding.tensors["oriented" if self._angled else "rows"]
        self._size = binding.input_size
        self._reader = detail_reader(spec, binding)

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        rows = as_floats(outputs[self._rows])
        check_probabilities(self._rows, rows[:, SCORE_COLUMN])
        rows = rows[sufficient(rows[:, SCORE_COLUMN], self._spec)]
        classes = class_indices(self._rows, rows[:, CLASS_COLUMN], 0)
        corners, details = self._oriented(rows) if self._angled else self._upright(rows, outputs)
        return best_detections(corners, rows[:, SCORE_COLUMN], classes, self._spec, details)

    def _upright(self, rows: Array, outputs: Outputs) -> tuple[Array, Details]:
        corners = corner_fractions(self._rows, rows[:, :SCORE_COLUMN], self._size)
        return corners, lambda kept: self._reader.read(rows[kept, BOX_COLUMNS:], outputs)

    def _oriented(self, rows: Array) -> tuple[Array, Details]:
        boxes = np.concatenate([rows[:, :SCORE_COLUMN], rows[:, BOX_COLUMNS:]], axis=1)
        found = OrientedBoxes(self._rows, boxes, self._size)
        return found.around, found.details
