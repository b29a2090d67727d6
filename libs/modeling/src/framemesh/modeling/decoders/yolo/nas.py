"""YOLO-NAS."""

from framemesh.modeling.decoders.demand import (
    LISTED,
    SUPPRESSING,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    fixed_count,
    unreadable,
)
from framemesh.modeling.decoders.options import refuse_unheeded
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import DecoderSpec

FLAT_COLUMNS = 7
"""Number of the image in the batch, left, top, right, bottom, score, class."""


def _bind(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    if len(shapes) == 1:
        return _flat(spec, shapes, input_size)
    boxes = _boxes(shapes)
    if len(shapes) != 2 or boxes is None:
        raise _unreadable(shapes)
    (scores,) = (name for name in shapes if name != boxes)
    if shapes[scores][:-1] != shapes[boxes][:-1]:
        raise _unreadable(shapes)
    classes = fixed_count(shapes[scores][-1], shapes, "yolo-nas", "classes")
    return DecoderBinding({"boxes": boxes, "scores": scores}, classes, input_size)


def _flat(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    ((name, shape),) = shapes.items()
    if len(shape) != 2 or shape[1] != FLAT_COLUMNS:
        raise _unreadable(shapes)
    for option in sorted(SUPPRESSING - LISTED):
        refuse_unheeded(spec, option, f"output {name} has the suppression behind it")
    return DecoderBinding({"rows": name}, None, input_size)


def _boxes(shapes: Shapes) -> str | None:
    """The output with the boxes; of two that might be, the one whose name says so."""
    tables = [name for name, shape in shapes.items() if len(shape) == 3 and shape[0] in (1, -1)]
    fours = [name for name in tables if shapes[name][-1] == 4]
    if len(fours) > 1:
        fours = [name for name in fours if "box" in name.lower()]
    return fours[0] if len(tables) == len(shapes) and len(fours) == 1 else None


def _unreadable(shapes: Shapes) -> ModelInvalid:
    return unreadable(
        shapes,
        "yolo-nas",
        "one output [rows,7], or two: boxes [1,places,4] and scores [1,places,classes]",
    )


DEMANDS = {"yolo-nas": DecoderDemand(_bind, flat=True, options=SUPPRESSING)}
