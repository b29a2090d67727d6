"""Decoders of one vector for the whole image: classes."""

from framemesh.modeling.decoders.demand import (
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    fixed_count,
    unreadable,
)
from framemesh.modeling.manifest import DecoderSpec


def _classification(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    if len(shapes) != 1:
        raise unreadable(shapes, "classification", "one output [classes]")
    ((name, shape),) = shapes.items()
    if not shape or any(length != 1 for length in shape[1:]):
        raise unreadable(shapes, "classification", f"{name} to be [classes]")
    classes = fixed_count(shape[0] - int(spec.background), shapes, "classification", "classes")
    return DecoderBinding({"scores": name}, classes, input_size)


DEMANDS = {"classification": DecoderDemand(_classification, boxes=False)}
