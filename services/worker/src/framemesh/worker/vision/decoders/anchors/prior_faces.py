"""Faces with five keypoints, told from priors: RetinaFace, and YuNet of 2021."""

from functools import partial

import numpy as np

from framemesh.modeling.decoders.demand import BOX_SIDES, DecoderBinding
from framemesh.modeling.decoders.faces.priors import RETINAFACE, YUNET_2021
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.anchors.grid import check_places, keypoint_details
from framemesh.worker.vision.decoders.anchors.priors import (
    moved_corners,
    moved_keypoints,
    prior_boxes,
)
from framemesh.worker.vision.decoders.checks import check_probabilities
from framemesh.worker.vision.decoders.decoder import Array, Outputs, RawDetection
from framemesh.worker.vision.decoders.geometry import as_floats
from framemesh.worker.vision.decoders.ranking import sufficient
from framemesh.worker.vision.decoders.suppression import select_detections


class RetinaFace:
    """Reads boxes [priors, 4], scores [priors, 2], the second of a face, 0 to 1, and keypoints
    [priors, 10]."""

    PRIORS = RETINAFACE
    SIZE_VARIANCES = (0.2, 0.2)

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._binding = binding
        self._priors = prior_boxes(self.PRIORS, binding.input_size)

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        scores, boxes, keypoints = self._columns(outputs)
        sure = np.flatnonzero(sufficient(scores, self._spec))
        priors = self._priors[sure]
        return select_detections(
            moved_corners(priors, boxes[sure], self.SIZE_VARIANCES),
            scores[sure],
            np.zeros(len(sure), np.intp),
            self._spec,
            partial(keypoint_details, moved_keypoints(priors, keypoints[sure])),
        )

    def _columns(self, outputs: Outputs) -> tuple[Array, Array, Array]:
        """Of each prior: score [n], and offsets of its box [n, 4] and its keypoints [n, 10]."""
        scores = self._rows(outputs, "scores")
        check_probabilities(self._binding.tensors["scores"], scores)
        return scores[:, 1], self._rows(outputs, "boxes"), self._rows(outputs, "keypoints")

    def _rows(self, outputs: Outputs, role: str) -> Array:
        """[priors, columns]."""
        name = self._binding.tensors[role]
        values = as_floats(outputs[name])
        rows = values.reshape(-1, values.shape[-1])
        check_places(name, rows, len(self._priors), self._binding.input_size)
        return rows


class YuNet2021(RetinaFace):
    """Reads places [priors, 14], the box and the keypoints side by side, scores [priors, 2] and how
    much each box is expected to overlap a face [priors, 1]. Score = sqrt(face * overlap)."""

    PRIORS = YUNET_2021
    # Its authors stretch width and height by different factors, in training as in use.
    SIZE_VARIANCES = (0.1, 0.2)

    def _columns(self, outputs: Outputs) -> tuple[Array, Array, Array]:
        scores, places = self._rows(outputs, "scores"), self._rows(outputs, "places")
        check_probabilities(self._binding.tensors["scores"], scores)
        overlaps = np.clip(self._rows(outputs, "overlaps")[:, 0], 0, 1)
        sure = np.sqrt(np.clip(scores[:, 1], 0, 1) * overlaps)
        return sure, places[:, :BOX_SIDES], places[:, BOX_SIDES:]
