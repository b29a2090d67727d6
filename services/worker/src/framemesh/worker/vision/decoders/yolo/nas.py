"""YOLO-NAS: with its suppression in the graph, or without."""

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.checks import check_probabilities, class_indices
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection, sides_differ
from framemesh.worker.vision.decoders.geometry import as_floats
from framemesh.worker.vision.decoders.ranking import best_detections, sufficient
from framemesh.worker.vision.decoders.suppression import select_detections
from framemesh.worker.vision.decoders.yolo.candidates import best_classes
from framemesh.worker.vision.decoders.yolo.pixels import corner_fractions

SCORE_COLUMN = 5
CLASS_COLUMN = 6


class YoloNas:
    """Reads [rows, 7]: number of the image, left, top, right, bottom in pixels of the input, score,
    class; or boxes [1, places, 4], in pixels, and scores [1, places, classes], 0 to 1."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._tensors = binding.tensors
        self._size = binding.input_size

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        if "rows" in self._tensors:
            return self._flat(outputs)
        return self._all_places(outputs)

    def _flat(self, outputs: Outputs) -> list[RawDetection]:
        name = self._tensors["rows"]
        rows = as_floats(outputs[name])
        check_probabilities(name, rows[:, SCORE_COLUMN])
        rows = rows[sufficient(rows[:, SCORE_COLUMN], self._spec)]
        classes = class_indices(name, rows[:, CLASS_COLUMN], 0)
        corners = corner_fractions(name, rows[:, 1:SCORE_COLUMN], self._size)
        return best_detections(corners, rows[:, SCORE_COLUMN], classes, self._spec)

    def _all_places(self, outputs: Outputs) -> list[RawDetection]:
        boxes, scores = (as_floats(outputs[self._tensors[role]])[0] for role in ("boxes", "scores"))
        if len(boxes) != len(scores):
            raise sides_differ((self._tensors["boxes"], boxes), (self._tensors["scores"], scores))
        best = best_classes(self._tensors["scores"], scores.T, self._spec)
        corners = corner_fractions(self._tensors["boxes"], boxes[best.places], self._size)
        return select_detections(corners, best.scores, best.classes, self._spec)
