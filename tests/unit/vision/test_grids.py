"""Masks and rasters become arrays again."""

import zlib

import numpy as np
import pytest

from framemesh.core.detection import Mask, Raster, RasterKind
from framemesh.vision.drawing.grids import GridUnreadable, mask_cells, raster_cells
from framemesh.vision.drawing.words import mask_share


def raster(values: bytes, width: int = 3, height: int = 2) -> Raster:
    return Raster(RasterKind.DEPTH, width, height, values)


@pytest.mark.parametrize(
    ("runs", "cells"),
    [
        ((1, 2, 3), [[0, 1, 1], [0, 0, 0]]),
        ((0, 4, 2), [[1, 1, 1], [1, 0, 0]]),
        ((6,), [[0, 0, 0], [0, 0, 0]]),
        ((0, 6), [[1, 1, 1], [1, 1, 1]]),
    ],
)
def test_runs_are_cells_outside_and_inside_in_turn(
    runs: tuple[int, ...], cells: list[list[int]]
) -> None:
    mask = Mask(width=3, height=2, runs=runs)
    assert mask_cells(mask).tolist() == np.array(cells, bool).tolist()
    assert mask_share(mask) == np.mean(cells)


@pytest.mark.parametrize(
    "mask",
    [
        Mask(width=3, height=2, runs=(1, 2)),
        Mask(width=3, height=2, runs=(1, 2, 4)),
        Mask(width=0, height=2, runs=()),
        Mask(width=2**31, height=2**31, runs=(1,)),
    ],
)
def test_a_damaged_mask_is_an_error_and_no_array(mask: Mask) -> None:
    with pytest.raises(GridUnreadable, match="mask"):
        mask_cells(mask)


def test_a_raster_has_a_byte_for_each_cell() -> None:
    cells = raster_cells(raster(zlib.compress(bytes(range(6)))))
    assert cells.tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    "values", [b"", b"no zlib", zlib.compress(bytes(5)), zlib.compress(bytes(10**7))]
)
def test_a_damaged_raster_is_an_error_and_no_array(values: bytes) -> None:
    with pytest.raises(GridUnreadable, match="raster"):
        raster_cells(raster(values))


def test_a_raster_of_absurd_size_is_not_made() -> None:
    with pytest.raises(GridUnreadable, match="no grid"):
        raster_cells(raster(zlib.compress(b""), 2**31, 2**31))
