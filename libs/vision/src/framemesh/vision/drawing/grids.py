"""The grids of a result as arrays: the cells of a mask, and the values of a raster."""

import zlib

import numpy as np
from numpy.typing import NDArray

from framemesh.core.detection import Mask, Raster
from framemesh.core.errors import Code, FramemeshError

MAX_CELLS = 64 * 1024 * 1024
"""Of one grid: as many as the pixels of the largest input. More is damage, or an attack."""


class GridUnreadable(FramemeshError):
    """Its cells cannot be decompressed, or are not as many as its width and height say."""

    code = Code.INVALID


def mask_cells(mask: Mask) -> NDArray[np.bool_]:
    """[height, width]: whether each cell belongs to the detection.

    Raises:
        GridUnreadable: its runs do not fill its grid.
    """
    cells = _cells("mask", mask.width, mask.height)
    if sum(mask.runs) != cells:
        raise GridUnreadable(
            f"the runs of a mask of {mask.width}x{mask.height} cells are {sum(mask.runs)} long"
        )
    inside = np.arange(len(mask.runs)) % 2 == 1
    return np.repeat(inside, np.asarray(mask.runs, np.int64)).reshape(mask.height, mask.width)


def raster_cells(raster: Raster) -> NDArray[np.uint8]:
    """[height, width]: one byte a cell, as it is stored.

    Raises:
        GridUnreadable: its values cannot be decompressed, or do not fill its grid.
    """
    cells = _cells("raster", raster.width, raster.height)
    try:
        # One byte more than there should be, so that more is noticed and not made.
        values = zlib.decompressobj().decompress(raster.values, cells + 1)
    except zlib.error as error:
        raise GridUnreadable(f"the values of a raster cannot be decompressed: {error}") from error
    if len(values) != cells:
        raise GridUnreadable(
            f"a raster of {raster.width}x{raster.height} cells has another number of values"
        )
    return np.frombuffer(values, np.uint8).reshape(raster.height, raster.width)


def _cells(what: str, width: int, height: int) -> int:
    if not 0 < width * height <= MAX_CELLS:
        raise GridUnreadable(f"a {what} has no grid of {width}x{height} cells")
    return width * height
