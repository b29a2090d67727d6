"""NanoDet: scores and the distances to four sides, as distributions, for each place of a grid."""

from math import ceil

from framemesh.modeling.decoders.demand import (
    BOX_SIDES,
    SUPPRESSING,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    fixed_count,
    only_output,
    unreadable,
)
from framemesh.modeling.manifest import DecoderSpec

STRIDES = (8, 16, 32)
"""Pixels of the input between the places of a grid: NanoDet."""

PLUS_STRIDES = (8, 16, 32, 64)
"""NanoDet-Plus. Its places are the upper left corners of their cells, not the middles."""


def places(size: InputSize, strides: tuple[int, ...]) -> int:
    """Of all grids of an input."""
    return sum(ceil(size.width / stride) * ceil(size.height / stride) for stride in strides)


def _bind(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    name, shape = only_output(shapes, "places,classes+4*(reg_max+1)", "nanodet")
    allowed = [places(input_size, strides) for strides in (STRIDES, PLUS_STRIDES)]
    if shape[0] not in allowed:
        raise unreadable(
            shapes,
            "nanodet",
            f"{name} to have {allowed[0]} or, of NanoDet-Plus, {allowed[1]} places for an input of "
            f"{input_size.width} x {input_size.height}",
        )
    classes = fixed_count(shape[1] - BOX_SIDES * (spec.reg_max + 1), shapes, "nanodet", "classes")
    return DecoderBinding({"places": name}, classes, input_size)


DEMANDS = {"nanodet": DecoderDemand(_bind, options=SUPPRESSING | {"reg_max"})}
