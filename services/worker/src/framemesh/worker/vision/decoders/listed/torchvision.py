"""Faster R-CNN, RetinaNet, FCOS and Mask R-CNN of torchvision."""

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import (
    Outputs,
    RawDetail,
    RawDetection,
    sides_differ,
)
from framemesh.worker.vision.decoders.listed.box_list import BoxList, Column
from framemesh.worker.vision.decoders.listed.box_masks import over_input


class Torchvision:
    """Reads `boxes` [n, 4] left, top, right, bottom in pixels of the input, `labels` [n], `scores`
    [n] and, of Mask R-CNN, `masks` [n, 1, height, width]: over the whole input where they have its
    size, else over the box."""

    def __init__(self, spec: DecoderSpec, binding: DecoderBinding) -> None:
        self._spec = spec
        self._binding = binding

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        names = self._binding.tensors
        boxes = outputs[names["boxes"]]
        listed = BoxList(
            Column(names["boxes"], boxes),
            Column(names["scores"], outputs[names["scores"]]),
            Column(names["classes"], outputs[names["classes"]]),
        )
        if "masks" not in names:
            return listed.detections(self._spec, self._binding, in_pixels=True)
        masks, size = outputs[names["masks"]], self._binding.input_size
        if len(masks) != len(boxes):
            raise sides_differ((names["masks"], masks), (names["boxes"], boxes))
        return listed.detections(
            self._spec,
            self._binding,
            in_pixels=True,
            detail=lambda place: RawDetail(mask=over_input(masks[place, 0], boxes[place], size)),
        )
