"""SSD."""

from framemesh.modeling.decoders.demand import (
    SUPPRESSING,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    fixed_count,
    unreadable,
)
from framemesh.modeling.manifest import DecoderSpec

OTHER_FAMILIES = frozenset({"dets", "labels", "logits", "pred_boxes", "pred_logits"})
"""Names of outputs with the shapes of these, whose scores are logits or whose boxes are centres."""


def _bind(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    """The outputs are told apart by their names where these contain "scores" and "boxes", and by
    their shapes where not."""
    names = _by_name(shapes) or _by_shape(shapes)
    if names is None or not OTHER_FAMILIES.isdisjoint(name.lower() for name in shapes):
        raise unreadable(shapes, "ssd", "two outputs, scores [places,classes] and boxes [places,4]")
    scores, boxes = (shapes[name] for name in names)
    if len(scores) != 2 or len(boxes) != 2 or boxes[1] != 4 or scores[0] != boxes[0]:
        raise unreadable(shapes, "ssd", "scores [places,classes] and boxes [places,4]")
    classes = fixed_count(scores[1] - int(spec.background), shapes, "ssd", "classes")
    return DecoderBinding(dict(zip(("scores", "boxes"), names, strict=True)), classes, input_size)


def _by_name(shapes: Shapes) -> tuple[str, str] | None:
    scores = [name for name in shapes if "scores" in name.lower()]
    boxes = [name for name in shapes if "boxes" in name.lower()]
    return (scores[0], boxes[0]) if len(scores) == len(boxes) == 1 else None


def _by_shape(shapes: Shapes) -> tuple[str, str] | None:
    boxes = [name for name, shape in shapes.items() if shape[-1:] == (4,)]
    scores = [name for name in shapes if name not in boxes]
    return (scores[0], boxes[0]) if len(scores) == len(boxes) == 1 else None


DEMANDS = {"ssd": DecoderDemand(_bind, options=SUPPRESSING | {"background"})}
