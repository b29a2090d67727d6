"""Models that list boxes, scores and classes as one output each."""

import numpy as np

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import (
    Outputs,
    RawDetail,
    RawDetection,
    sides_differ,
)
from framemesh.worker.vision.decoders.listed.box_list import BoxList, Column, count_of
from framemesh.worker.vision.decoders.listed.box_masks import over_input


class TfDetection:
    """The object detection API of TensorFlow: SSD, EfficientDet, Faster R-CNN, CenterNet.

    Reads `detection_boxes` [n, 4] top, left, bottom, right, 0 to 1, `detection_classes` [n],
    `detection_scores` [n] and, where they are there, `num_detections` and `detection_masks`
    [n, height, width], probabilities over the box.
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._binding = binding

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        names = self._binding.tensors
        boxes = outputs[names["boxes"]][:, [1, 0, 3, 2]]
        listed = BoxList(
            Column(names["boxes"], boxes),
            Column(names["scores"], outputs[names["scores"]]),
            Column(names["classes"], outputs[names["classes"]]),
        )
        if "count" in names:
            listed = listed.first(count_of(names["count"], outputs[names["count"]]))
        if "masks" not in names:
            return listed.detections(self._spec, self._binding, in_pixels=False)
        masks, size = outputs[names["masks"]], self._binding.input_size
        if len(masks) != len(boxes):
            raise sides_differ((names["masks"], masks), (names["boxes"], boxes))
        pixels = boxes * np.array([size.width, size.height] * 2)
        return listed.detections(
            self._spec,
            self._binding,
            in_pixels=False,
            detail=lambda at: RawDetail(mask=over_input(masks[at], pixels[at], size)),
        )


class EfficientNms:
    """TensorRT's EfficientNMS and what has its signature.

    Reads `num_dets` [1], `det_boxes` [n, 4] left, top, right, bottom in pixels of the input,
    `det_scores` [n] and `det_classes` [n].
    """

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._binding = binding

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        names = self._binding.tensors
        listed = BoxList(
            *(Column(names[role], outputs[names[role]]) for role in ("boxes", "scores", "classes"))
        ).first(count_of(names["count"], outputs[names["count"]]))
        return listed.detections(self._spec, self._binding, in_pixels=True)
