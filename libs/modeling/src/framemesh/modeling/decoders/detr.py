"""The DETR families: some hundred queries, each with scores and one box; nothing is suppressed."""

from dataclasses import dataclass

from framemesh.modeling.decoders.demand import (
    BOX_SIDES,
    LISTED,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    fixed_count,
    named_output,
    only_output,
    unreadable,
)
from framemesh.modeling.errors import OptionInvalid
from framemesh.modeling.manifest import DecoderSpec


@dataclass(frozen=True, slots=True)
class _Queries:
    """Demands [queries, classes] and [queries, 4], by the names that the family gives them."""

    decoder: str
    scores: str
    boxes: str
    no_object: bool = False
    """Whether a last column says that a query found nothing."""
    masks: str = ""
    """An output [queries, height, width] that a segmenting model has; empty: none does."""

    def __call__(self, spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
        scores = named_output(shapes, self.scores, "queries,classes", self.decoder)
        boxes = named_output(shapes, self.boxes, "queries,4", self.decoder)
        if boxes[1] != BOX_SIDES or boxes[0] != scores[0]:
            raise unreadable(
                shapes, self.decoder, f"{self.scores} [queries,classes], {self.boxes} [queries,4]"
            )
        columns = fixed_count(scores[1], shapes, self.decoder, "classes")
        classes = columns - int(spec.background) - int(self.no_object)
        fixed_count(classes, shapes, self.decoder, "classes")
        tensors = {"scores": self.scores, "boxes": self.boxes}
        if self.masks in shapes:
            masks = named_output(shapes, self.masks, "queries,height,width", self.decoder)
            if masks[0] != scores[0]:
                raise unreadable(shapes, self.decoder, f"{self.masks} [queries,height,width]")
            tensors["masks"] = self.masks
        return DecoderBinding(tensors, classes, input_size)


def _rt_detr(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    """As exported with the choice of the best inside: labels, boxes and scores of the best."""
    labels = named_output(shapes, "labels", "queries", "rt-detr")
    boxes = named_output(shapes, "boxes", "queries,4", "rt-detr")
    scores = named_output(shapes, "scores", "queries", "rt-detr")
    if boxes != (labels[0], BOX_SIDES) or scores != labels:
        expected = "labels [queries], boxes [queries,4] and scores [queries] of one length"
        raise unreadable(shapes, "rt-detr", expected)
    if labels[0] < 0 and spec.first_class is None:
        raise OptionInvalid(
            "first_class",
            "how many queries there are is open, as in the lists of torchvision, whose classes "
            "begin with 1: set it to 0, which is RT-DETR's, or choose decoder torchvision",
        )
    tensors = {"classes": "labels", "boxes": "boxes", "scores": "scores"}
    return DecoderBinding(tensors, None, input_size, spec.first_class or 0)


def _ultralytics(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    name, shape = only_output(shapes, "queries,4+classes", "rt-detr-ultralytics")
    classes = fixed_count(shape[1] - BOX_SIDES, shapes, "rt-detr-ultralytics", "classes")
    return DecoderBinding({"queries": name}, classes, input_size)


_OPTIONS = LISTED | {"background"}

DEMANDS = {
    "detr": DecoderDemand(
        _Queries("detr", "logits", "pred_boxes", no_object=True), options=_OPTIONS
    ),
    "rf-detr": DecoderDemand(
        _Queries("rf-detr", "labels", "dets", masks="masks"), options=_OPTIONS
    ),
    "rt-detr": DecoderDemand(
        _rt_detr, integers=frozenset({"classes"}), options=LISTED | {"first_class"}
    ),
    "rt-detr-logits": DecoderDemand(
        _Queries("rt-detr-logits", "logits", "pred_boxes"), options=_OPTIONS
    ),
    "rt-detr-ultralytics": DecoderDemand(_ultralytics, options=LISTED),
}
