"""Detectors whose graph ends with the suppression: they list one box for each thing."""

from math import prod

from framemesh.modeling.decoders.demand import (
    BOX_SIDES,
    LISTED,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    named_output,
    only_output,
    unreadable,
)
from framemesh.modeling.manifest import DecoderSpec
from framemesh.modeling.result_size import DetailSize

DETECTION_OUTPUT_COLUMNS = 7
"""Number of the image, class, score, left, top, right, bottom."""

YOLOV7_COLUMNS = 7
"""Number of the image, left, top, right, bottom, class, score."""

PADDLE_COLUMNS = 6
"""Class, score, left, top, right, bottom."""


def _torchvision(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    boxes = named_output(shapes, "boxes", "N,4", "torchvision")
    labels = named_output(shapes, "labels", "N", "torchvision")
    scores = named_output(shapes, "scores", "N", "torchvision")
    # RT-DETR has these names too, its classes begin with 0 and its number of boxes is fixed.
    if boxes != (-1, BOX_SIDES) or labels != (-1,) or scores != (-1,):
        expected = "boxes [N,4], labels [N] and scores [N] of which N is open"
        raise unreadable(shapes, "torchvision", expected)
    tensors = {"boxes": "boxes", "classes": "labels", "scores": "scores"}
    if "masks" in shapes:
        masks = named_output(shapes, "masks", "N,1,height,width", "torchvision")
        if masks[1] != 1:
            raise unreadable(shapes, "torchvision", "masks to be [N,1,height,width]")
        tensors["masks"] = "masks"
    detail = DetailSize(mask="masks" in tensors)
    return DecoderBinding(tensors, None, input_size, _first_class(spec, 1), detail=detail)


def _tf_detection(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    roles = {
        "boxes": ("detection_boxes", "N,4"),
        "classes": ("detection_classes", "N"),
        "scores": ("detection_scores", "N"),
    }
    tensors = {role: _tensorflow_name(shapes, name) for role, (name, _) in roles.items()}
    lists = {
        role: named_output(shapes, tensors[role], form, "tf-detection")
        for role, (_, form) in roles.items()
    }
    _check_lists(shapes, "tf-detection", lists["boxes"], lists["classes"], lists["scores"])
    count = _tensorflow_name(shapes, "num_detections")
    if count in shapes:
        tensors["count"] = count
    masks = _tensorflow_name(shapes, "detection_masks")
    if masks in shapes:
        form = named_output(shapes, masks, "N,height,width", "tf-detection")
        if form[0] != lists["scores"][0]:
            raise unreadable(shapes, "tf-detection", f"{masks} to be [N,height,width] of one N")
        tensors["masks"] = masks
    detail = DetailSize(mask="masks" in tensors)
    return DecoderBinding(tensors, None, input_size, _first_class(spec, 1), detail=detail)


def _efficient_nms(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    boxes = named_output(shapes, "det_boxes", "N,4", "efficient-nms")
    scores = named_output(shapes, "det_scores", "N", "efficient-nms")
    classes = named_output(shapes, "det_classes", "N", "efficient-nms")
    _check_lists(shapes, "efficient-nms", boxes, classes, scores)
    if "num_dets" not in shapes or prod(shapes["num_dets"]) != 1:
        raise unreadable(shapes, "efficient-nms", "num_dets to be one number")
    names = {"boxes": "det_boxes", "scores": "det_scores", "classes": "det_classes"}
    tensors = {**names, "count": "num_dets"}
    return DecoderBinding(tensors, None, input_size, _first_class(spec, 0))


def _yolov7_nms(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    name, shape = only_output(shapes, "N,7", "yolov7-nms")
    if shape[1] != YOLOV7_COLUMNS:
        raise unreadable(shapes, "yolov7-nms", "one output [N,7]")
    return DecoderBinding({"rows": name}, None, input_size, _first_class(spec, 0))


def _paddle(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    """The names come from the exporter's counters, so the outputs are told apart by their shapes.

    The count is demanded: without it, rows of six columns may be anything.
    """
    rows = [name for name, shape in shapes.items() if shape[1:] == (PADDLE_COLUMNS,)]
    counts = [name for name, shape in shapes.items() if abs(prod(shape)) == 1]
    if len(rows) != 1 or len(counts) != 1:
        raise unreadable(shapes, "paddle", "an output [N,6] and one that counts its rows [1]")
    tensors = {"rows": rows[0], "count": counts[0]}
    return DecoderBinding(tensors, None, input_size, _first_class(spec, 0))


def _detection_output(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    if len(shapes) != 1:
        raise unreadable(shapes, "detection-output", "one output [1,1,N,7]")
    ((name, shape),) = shapes.items()
    if len(shape) < 3 or shape[-1] != DETECTION_OUTPUT_COLUMNS or set(shape[:-2]) != {1}:
        raise unreadable(shapes, "detection-output", f"{name} to be [1,1,N,7]")
    return DecoderBinding({"rows": name}, None, input_size, _first_class(spec, 1))


def _check_lists(
    shapes: Shapes,
    decoder: str,
    boxes: tuple[int, ...],
    classes: tuple[int, ...],
    scores: tuple[int, ...],
) -> None:
    if boxes != (scores[0], BOX_SIDES) or classes != scores:
        raise unreadable(shapes, decoder, "boxes [N,4], classes [N] and scores [N] of one N")


def _tensorflow_name(shapes: Shapes, name: str) -> str:
    """A tensor's name may end with the number of the operator's output."""
    return f"{name}:0" if f"{name}:0" in shapes else name


def _first_class(spec: DecoderSpec, of_family: int) -> int:
    return of_family if spec.first_class is None else spec.first_class


_NUMBERS = frozenset({"classes", "count"})
_OPTIONS = LISTED | {"first_class"}

DEMANDS = {
    "detection-output": DecoderDemand(_detection_output, flat=True, options=_OPTIONS),
    "efficient-nms": DecoderDemand(_efficient_nms, integers=_NUMBERS, options=_OPTIONS),
    "paddle": DecoderDemand(_paddle, flat=True, integers=_NUMBERS, options=_OPTIONS),
    "tf-detection": DecoderDemand(_tf_detection, integers=_NUMBERS, options=_OPTIONS),
    "torchvision": DecoderDemand(_torchvision, flat=True, integers=_NUMBERS, options=_OPTIONS),
    "yolov7-nms": DecoderDemand(_yolov7_nms, flat=True, options=_OPTIONS),
}
