"""PicoDet as PaddleDetection exports it without its post-processing: two outputs a grid."""

from math import ceil

from framemesh.modeling.decoders.demand import (
    BOX_SIDES,
    SUPPRESSING,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    fixed_count,
    unreadable,
)
from framemesh.modeling.manifest import DecoderSpec

STRIDES = (8, 16, 32, 64)
"""Pixels of the input between the places of each grid."""


def cells(size: InputSize) -> list[int]:
    """Places of each grid, the finest first."""
    return [ceil(size.width / stride) * ceil(size.height / stride) for stride in STRIDES]


def _bind(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    """The names come from the exporter's counters: what an output is, is told by its columns, and
    of which grid, by its rows, which the file may leave open."""
    sides = BOX_SIDES * (spec.reg_max + 1)
    tables = {name: shape for name, shape in shapes.items() if len(shape) == 2}
    distances = [name for name, shape in tables.items() if shape[1] == sides]
    scores = [name for name in tables if name not in distances]
    classes = {tables[name][1] for name in scores}
    grids = len(STRIDES)
    if (len(shapes), len(distances), len(scores), len(classes)) != (2 * grids, grids, grids, 1):
        raise unreadable(
            shapes,
            "picodet",
            f"{grids} outputs of scores [places,classes] and {grids} of distances [places,{sides}] "
            "(4 * (decoder.reg_max + 1))",
        )
    for names in (scores, distances):
        rows = sorted((tables[name][0] for name in names), reverse=True)
        if set(rows) != {-1} and rows != cells(input_size):
            raise unreadable(
                shapes,
                "picodet",
                f"grids of {', '.join(map(str, cells(input_size)))} places for an input of "
                f"{input_size.width} x {input_size.height}",
            )
    tensors = {
        f"{kind}_{grid}": name
        for kind, names in (("scores", scores), ("distances", distances))
        for grid, name in enumerate(names)
    }
    return DecoderBinding(
        tensors, fixed_count(classes.pop(), shapes, "picodet", "classes"), input_size
    )


DEMANDS = {"picodet": DecoderDemand(_bind, options=SUPPRESSING | {"reg_max"})}
