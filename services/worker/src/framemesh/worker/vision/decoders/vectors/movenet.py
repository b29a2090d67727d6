"""MoveNet: the keypoints of one person."""

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.checks import check_fractions, check_probabilities
from framemesh.worker.vision.decoders.decoder import Outputs, RawDetection
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
