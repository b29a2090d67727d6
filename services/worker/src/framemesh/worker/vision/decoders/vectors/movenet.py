"""MoveNet: the keypoints of one person, or of several."""

from collections.abc import Sequence

import numpy as np

from framemesh.core.detection import Keypoint, Point
from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.decoders.keypoints import PERSON_VALUES
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.checks import check_fractions, check_probabilities
from framemesh.worker.vision.decoders.decoder import Decoder, Outputs, RawDetail, RawDetection
from framemesh.worker.vision.decoders.geometry import as_floats
from framemesh.worker.vision.decoders.ranking import Indices, best_detections, sufficient
from framemesh.worker.vision.decoders.vectors.keypoints import posed


class Movenet:
    """Reads [1, keypoints, 3]: y, x in fractions of the input, and the score."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._threshold = spec.score_threshold
        self._keypoints = binding.tensors["keypoints"]

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        rows = outputs[self._keypoints].reshape(-1, 3)
        check_probabilities(self._keypoints, rows[:, 2])
        check_fractions(self._keypoints, rows[:, :2])
        return posed(rows[:, 1], rows[:, 0], rows[:, 2], self._threshold)


class MovenetPeople:
    """Reads [people, 3 * keypoints + 5]: y, x and score of each keypoint, then top, left, bottom,
    right and the score of the person. Rows of a score of 0 fill up the table."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._people = binding.tensors["people"]

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        rows = as_floats(outputs[self._people])
        check_probabilities(self._people, rows[:, -1])
        rows = rows[sufficient(rows[:, -1], self._spec)]
        corners = rows[:, -PERSON_VALUES:-1][:, [1, 0, 3, 2]]
        check_fractions(self._people, corners)
        keypoints = rows[:, :-PERSON_VALUES].reshape(len(rows), -1, 3)

        def details(kept: Indices) -> Sequence[RawDetail]:
            return [
                RawDetail(
                    keypoints=tuple(
                        Keypoint(Point(x, y), min(1.0, max(0.0, score))) for y, x, score in person
                    )
                )
                for person in keypoints[kept].tolist()
            ]

        classes = np.zeros(len(rows), np.intp)
        return best_detections(corners, rows[:, -1], classes, self._spec, details)


def movenet(spec: DecoderSpec, binding: DecoderBinding) -> Decoder:
    """The one for a model's output."""
    made = MovenetPeople if "people" in binding.tensors else Movenet
    return made(spec, binding)
