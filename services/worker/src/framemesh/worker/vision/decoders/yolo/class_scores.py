"""YOLOv8 and what follows it (v9, v11, v12, v5u), with boxes, poses or masks."""

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.decoders.yolo.class_scores import BOX_ROWS
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection
from framemesh.worker.vision.decoders.suppression import select_detections
from framemesh.worker.vision.decoders.yolo.candidates import best_classes
from framemesh.worker.vision.decoders.yolo.details import detail_reader
from framemesh.worker.vision.decoders.yolo.pixels import centred_fractions
from framemesh.worker.vision.decoders.yolo.table import PlacesTable


class YoloV8:
    """Reads [4 + classes + details, places]: centre and size in pixels of the input, the score of
    each class, 0 to 1, and keypoints or coefficients of a mask. A place has its best class."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._table = PlacesTable(binding)
        # Always known: each class has a row.
        self._details_at = BOX_ROWS + (binding.classes or 0)
        self._size = binding.input_size
        self._reader = detail_reader(spec, binding)

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        table = self._table.read(outputs)
        scores = table[BOX_ROWS : self._details_at]
        best = best_classes(self._table.tensor, scores, self._spec)
        boxes = table[:BOX_ROWS, best.places].T
        corners = centred_fractions(self._table.tensor, boxes, self._size)
        return select_detections(
            corners,
            best.scores,
            best.classes,
            self._spec,
            lambda kept: self._reader.read(table[self._details_at :, best.places[kept]].T, outputs),
        )
