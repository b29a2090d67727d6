"""DETR, RF-DETR and RT-DETR with their logits: scores and a centred box of each query."""

from functools import partial

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.activation import sigmoid, softmax
from framemesh.worker.vision.decoders.checks import check_fractions, check_logits
from framemesh.worker.vision.decoders.decoder import (
    Array,
    Outputs,
    RawDetail,
    RawDetection,
    sides_differ,
)
from framemesh.worker.vision.decoders.geometry import corners_of_centred
from framemesh.worker.vision.decoders.ranking import Indices, best_detections, sufficient


class SigmoidQueries:
    """Reads logits [queries, classes] and boxes [queries, 4]: centre and size, 0 to 1.

    Each class of each query is told by itself: one query may find a thing of two classes. Where the
    model has masks [queries, height, width], they are logits over the whole input.
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._scores = binding.tensors["scores"]
        self._boxes = binding.tensors["boxes"]
        self._masks = binding.tensors.get("masks")
        self._first = int(spec.background)

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        logits, boxes = _read(outputs, self._scores, self._boxes)
        scores = sigmoid(logits[:, self._first :])
        sure = sufficient(scores, self._spec)
        queries, classes = np.nonzero(sure)
        check_fractions(self._boxes, boxes[queries])
        corners = corners_of_centred(boxes[queries])
        details = None
        if self._masks is not None:
            masks = outputs[self._masks]
            if len(masks) != len(boxes):
                raise sides_differ((self._masks, masks), (self._boxes, boxes))
            details = partial(_mask_details, masks, queries)
        return best_detections(corners, scores[sure], classes, self._spec, details)


class SoftmaxQueries:
    """Reads logits [queries, classes + 1], the last "no object", and boxes [queries, 4]: centre and
    size, 0 to 1. A query finds one thing at most."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._scores = binding.tensors["scores"]
        self._boxes = binding.tensors["boxes"]
        self._first = int(spec.background)

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        logits, boxes = _read(outputs, self._scores, self._boxes)
        probabilities = softmax(logits)[:, self._first : -1]
        classes = probabilities.argmax(axis=1)
        scores = probabilities.max(axis=1)
        sure = sufficient(scores, self._spec)
        check_fractions(self._boxes, boxes[sure])
        corners = corners_of_centred(boxes[sure])
        return best_detections(corners, scores[sure], classes[sure], self._spec)


def _mask_details(masks: Array, queries: Indices, kept: Indices) -> list[RawDetail]:
    """Of the candidates `kept`, each of which is of one of `queries`."""
    # A sigmoid is over 0.5 where its argument is positive.
    return [RawDetail(mask=masks[query] > 0) for query in queries[kept]]


def _read(outputs: Outputs, scores_name: str, boxes_name: str) -> tuple[Array, Array]:
    logits = np.asarray(outputs[scores_name], np.float32)
    boxes = np.asarray(outputs[boxes_name], np.float32)
    if len(logits) != len(boxes):
        raise sides_differ((scores_name, logits), (boxes_name, boxes))
    check_logits(scores_name, logits)
    return logits, boxes
