"""SSD and its like: for each of many fixed places, a score a class and a box."""

import numpy as np

from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection, Shapes, sides_differ
from framemesh.worker.vision.decoders.shapes import fixed, misfit
from framemesh.worker.vision.decoders.suppression import select_detections


class Ssd:
    """Reads scores [places, classes] and boxes [places, 4]: left, top, right, bottom, 0 to 1.

    The outputs are told apart by their names where these contain "scores" and "boxes", and by
    their shapes where not.
    """

    def __init__(self, spec: DecoderSpec, shapes: Shapes) -> None:
        """Raises:
        ModelInvalid: there are no two such outputs.
        """
        self._spec = spec
        self._scores, self._boxes = _names(shapes)
        scores, boxes = shapes[self._scores], shapes[self._boxes]
        if len(scores) != 2 or len(boxes) != 2 or boxes[1] != 4 or scores[0] != boxes[0]:
            raise misfit(shapes, "ssd", "scores [places,classes] and boxes [places,4]")
        self._first = int(spec.background)
        self.classes = fixed(scores[1] - self._first, shapes, "ssd", "classes")

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        scores, boxes = outputs[self._scores], outputs[self._boxes]
        if len(scores) != len(boxes):
            raise sides_differ((self._scores, scores), (self._boxes, boxes))
        scores = scores[:, self._first :]
        sure = (scores >= self._spec.score_threshold) & (scores > 0)
        places, classes = np.nonzero(sure)
        return select_detections(boxes[places], scores[sure], classes, self._spec)


def _names(shapes: Shapes) -> tuple[str, str]:
    """The names of the scores and of the boxes."""
    scores = [name for name in shapes if "scores" in name.lower()]
    boxes = [name for name in shapes if "boxes" in name.lower()]
    if len(scores) == 1 and len(boxes) == 1:
        return scores[0], boxes[0]
    boxes = [name for name, shape in shapes.items() if shape[-1:] == (4,)]
    scores = [name for name in shapes if name not in boxes]
    if len(scores) == 1 and len(boxes) == 1:
        return scores[0], boxes[0]
    raise misfit(shapes, "ssd", "two outputs, scores [places,classes] and boxes [places,4]")
