"""Whether what was found in a picture is what a reference reads."""

import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from framemesh.core.detection import Box, Detection, Mask, Raster, RasterKind
from tests.model_families.graphs import Values
from tests.model_families.reading import Expected, Plane

TOLERANCE = 1e-3
"""Of a score and of a number of an embedding; of a place in fractions of the picture; and of the
value of a place, beside the half step of one byte, in fractions of its scale."""

EDGE = 0.01
"""Of a cell of the model: a place so near to the edge of two cells may have the value of either."""

FINEST = 256
"""Cells a side of a raster. Of a finer map, each place has the value of a cell beside it."""

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


def assert_same(found: Sequence[Detection], expected: Sequence[Expected]) -> None:
    """The same things, one for one; two of nearly the same score may change places."""
    assert len(found) == len(expected), f"{found} is not {[one.reading for one in expected]}"
    left = list(expected)
    for one in found:
        wrong = {other: list(differences(one, other)) for other in left}
        match = next((other for other in left if not wrong[other]), None)
        assert match is not None, f"{one} differs: {min(wrong.values(), key=len)}"
        left.remove(match)
    scores = [one.score for one in found]
    assert all(better >= worse - TOLERANCE for better, worse in pairwise(scores))


def differences(found: Detection, expected: Expected) -> Iterator[str]:
    """Each is a plain line."""
    wanted = expected.reading
    if (found.class_id, found.label) != (wanted.class_id, expected.label):
        yield f"{found.class_id} {found.label} for {wanted.class_id} {expected.label}"
    sides = None
    if found.box is not None:
        sides = (found.box.left, found.box.top, found.box.right, found.box.bottom)
    for name, here, there in (
        ("score", found.score, wanted.score),
        ("box", sides, wanted.box),
        ("corners", found.corners, wanted.corners),
        ("keypoints", [(*each.at, each.score) for each in found.keypoints], wanted.keypoints),
        ("embedding", found.embedding, wanted.embedding),
    ):
        if not _near(here, there):
            yield f"{name} {here} for {there}"
    if found.text != wanted.text:
        yield f"text {found.text!r} for {wanted.text!r}"
    if (found.mask is None, found.raster is None) != (wanted.mask is None, wanted.plane is None):
        yield "a mask or a raster where there is none, or none where there is one"
    elif found.mask is not None and wanted.mask is not None:
        yield from _mask(found.mask, found.box or WHOLE, wanted.mask, expected)
    elif found.raster is not None and wanted.plane is not None:
        yield from _raster(found.raster, wanted.plane, expected)


def _near(here: object, there: object) -> bool:
    if here is None or there is None:
        return here is there
    one, other = np.array(here, np.float64), np.array(there, np.float64)
    return one.shape == other.shape and np.allclose(one, other, rtol=0, atol=TOLERANCE)


def _mask(mask: Mask, box: Box, wanted: Values, expected: Expected) -> Iterator[str]:
    inside = np.repeat(np.arange(len(mask.runs)) % 2 == 1, mask.runs)
    cells = inside.reshape(mask.height, mask.width)
    low, high = _values_near(wanted.astype(int), expected, box, cells.shape, EDGE)
    wrong = (cells < low) | (cells > high)
    if wrong.any() or not cells.any():
        yield f"{np.count_nonzero(wrong)} of {cells.size} cells of the mask"


def _raster(raster: Raster, wanted: Plane, expected: Expected) -> Iterator[str]:
    if raster.kind is not wanted.kind:
        yield f"{raster.kind} for {wanted.kind}"
    cells = np.frombuffer(zlib.decompress(raster.values), np.uint8).astype(np.float64)
    cells = cells.reshape(raster.height, raster.width)
    edge = 1.0 if max(wanted.values.shape) > FINEST else EDGE
    low, high = _values_near(wanted.values, expected, WHOLE, cells.shape, edge)
    tolerance = 0.0
    if wanted.kind is RasterKind.CLASSES:
        areas = {each.class_id: each.area for each in raster.areas}
        if areas.keys() != expected.areas.keys() or not _near(
            list(areas.values()), [expected.areas[number] for number in areas]
        ):
            yield f"areas {areas} for {expected.areas}"
    else:
        if not _near((raster.low, raster.high), (wanted.low, wanted.high)):
            yield f"scale {raster.low} to {raster.high} for {wanted.low} to {wanted.high}"
        scale = raster.high - raster.low
        cells = raster.low + cells / 255 * scale
        tolerance = (0.5 / 255 + TOLERANCE) * scale
        low, high = np.clip((low, high), raster.low, raster.high)
    wrong = (cells < low - tolerance) | (cells > high + tolerance)
    if wrong.any():
        yield f"{np.count_nonzero(wrong)} of {cells.size} cells of the raster"


def _values_near(
    values: Values, expected: Expected, box: Box, shape: tuple[int, ...], edge: float
) -> tuple[Values, Values]:
    """The least and the greatest value that a model tells of the middle of each cell of a grid over
    `box`, a box of the picture, and of what lies nearer than `edge` cells of the model."""
    rows, columns = shape
    x = box.left + (np.arange(columns) + 0.5) / columns * (box.right - box.left)
    y = box.top + (np.arange(rows) + 0.5) / rows * (box.bottom - box.top)
    across, down = expected.placed.to_input(x, y)
    height, width = values.shape
    shifts = sorted({-edge, 0.0, edge})
    near = [
        values[
            np.clip(np.floor(down * height + below), 0, height - 1).astype(int)[:, np.newaxis],
            np.clip(np.floor(across * width + beside), 0, width - 1).astype(int),
        ]
        for below in shifts
        for beside in shifts
    ]
    return np.min(near, axis=0), np.max(near, axis=0)
