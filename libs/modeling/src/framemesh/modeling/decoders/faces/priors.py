"""Face detectors that move boxes of fixed sizes (priors): RetinaFace, and YuNet of 2021."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import ceil

from framemesh.modeling.decoders.demand import (
    SUPPRESSING,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    unreadable,
)
from framemesh.modeling.manifest import DecoderSpec
from framemesh.modeling.result_size import DetailSize

KEYPOINTS = 5
"""Both eyes, the nose and both corners of the mouth."""


@dataclass(frozen=True, slots=True)
class Priors:
    """Square boxes around the middles of the cells of grids."""

    sides: Mapping[int, tuple[int, ...]]
    """By the stride of a grid in pixels of the input: the sides of the boxes of each cell, in
    pixels."""
    cells: Callable[[int, int], int]
    """Of a side of the input in pixels and a stride: how many cells there are along it."""

    def count(self, size: InputSize) -> int:
        return sum(
            self.cells(size.width, stride) * self.cells(size.height, stride) * len(sides)
            for stride, sides in self.sides.items()
        )


def _whole_cells(side: int, stride: int) -> int:
    """The layers of YuNet halve the input again and again; the first rounds up, the others down."""
    return (side + 1) // 2 // (stride // 2)


RETINAFACE = Priors(
    {8: (16, 32), 16: (64, 128), 32: (256, 512)}, lambda side, stride: ceil(side / stride)
)
YUNET_2021 = Priors(
    {8: (10, 16, 24), 16: (32, 48), 32: (64, 96), 64: (128, 192, 256)}, _whole_cells
)


@dataclass(frozen=True, slots=True)
class _Demand:
    """Outputs of one row a prior, which are told apart by their columns."""

    decoder: str
    columns: Mapping[str, int]
    priors: Priors

    def __call__(self, spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
        rows = self.priors.count(input_size)
        form = ", ".join(f"{role} [{rows},{columns}]" for role, columns in self.columns.items())
        expected = f"{form} for an input of {input_size.width} x {input_size.height}"
        tensors = {}
        for role, columns in self.columns.items():
            found = [name for name, shape in shapes.items() if _fits(shape, rows, columns)]
            if len(found) != 1 or len(shapes) != len(self.columns):
                raise unreadable(shapes, self.decoder, expected)
            tensors[role] = found[0]
        return DecoderBinding(tensors, 1, input_size, detail=DetailSize(keypoints=KEYPOINTS))


def _fits(shape: tuple[int, ...], rows: int, columns: int) -> bool:
    """With or without a batch of 1 before it; a file may leave the number of rows open."""
    flat = len(shape) >= 2 and set(shape[:-2]) <= {1, -1}
    return flat and shape[-1] == columns and shape[-2] in (rows, -1)


_demand = partial(DecoderDemand, flat=True, options=SUPPRESSING - {"agnostic"})

DEMANDS = {
    "retinaface": _demand(
        _Demand("retinaface", {"boxes": 4, "scores": 2, "keypoints": 10}, RETINAFACE)
    ),
    "yunet-2021": _demand(
        _Demand("yunet-2021", {"places": 14, "scores": 2, "overlaps": 1}, YUNET_2021)
    ),
}
