"""FastestDet."""

from framemesh.modeling.decoders.demand import (
    SUPPRESSING,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    fixed_count,
    named_output,
    unreadable,
)
from framemesh.modeling.manifest import DecoderSpec

BOX_CHANNELS = 5
"""Whether there is something, the centre (2), the size (2); the classes follow."""


def _bind(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    if len(shapes) != 1:
        raise unreadable(shapes, "fastestdet", "one output [5+classes,height,width]")
    (name,) = shapes
    shape = named_output(shapes, name, "5+classes,height,width", "fastestdet")
    classes = fixed_count(shape[0] - BOX_CHANNELS, shapes, "fastestdet", "classes")
    return DecoderBinding({"cells": name}, classes, input_size)


DEMANDS = {"fastestdet": DecoderDemand(_bind, options=SUPPRESSING)}
