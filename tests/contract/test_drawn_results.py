"""What a worker makes of a model's outputs lies, once drawn, where the model saw it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from framemesh.cli.drawing.picture import draw
from framemesh.core.detection import Box, Detection, RasterKind
from framemesh.runtime.messages.detection_message import detection_to_proto
from framemesh.worker.vision.decoders.decoder import RawDetail, RawRaster
from framemesh.worker.vision.projection import STRETCHED, Projection, with_detail

WIDTH, HEIGHT = 640, 480
CELLS = 160
"""A side of the model's grid: a cell is 4 pixels wide, or less."""

LETTERBOX = Projection(left=0.0, top=0.125, width=1.0, height=0.75)
"""Of a picture of 640 x 480 in a square input."""


def grid(box: Box, projection: Projection) -> NDArray[np.bool_]:
    """[CELLS, CELLS] over the input: true on a box of the picture."""
    at = (np.arange(CELLS) + 0.5) / CELLS
    xs, ys = (at - projection.left) / projection.width, (at - projection.top) / projection.height
    rows, columns = (box.top < ys) & (ys < box.bottom), (box.left < xs) & (xs < box.right)
    inside: NDArray[np.bool_] = rows[:, None] & columns[None, :]
    return inside


def changed(detection: Detection) -> NDArray[np.bool_]:
    """[height, width]: where it changes a grey picture, without its labels at the top."""
    grey = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    where: NDArray[np.bool_] = (draw(grey, [detection_to_proto(detection)]) != 128).any(axis=2)
    return where[60:]


def assert_on(box: Box, where: NDArray[np.bool_]) -> None:
    """All of the box is changed and nothing else, but for one cell at its edge."""
    rows, columns = np.nonzero(where)
    sides = (columns.min(), rows.min() + 60, columns.max() + 1, rows.max() + 61)
    expected = (box.left * WIDTH, box.top * HEIGHT, box.right * WIDTH, box.bottom * HEIGHT)
    assert sides == pytest.approx(expected, abs=WIDTH / CELLS)
    inner = where[rows.min() + 8 : rows.max() - 7, columns.min() + 8 : columns.max() - 7]
    assert inner.all()


@pytest.mark.parametrize("projection", [STRETCHED, LETTERBOX], ids=["stretched", "letterbox"])
def test_a_mask(projection: Projection) -> None:
    part = Box(0.4, 0.45, 0.7, 0.8)
    detail = RawDetail(mask=grid(part, projection))
    seen = with_detail(Detection("s", "person", 0, 0.9), detail, projection, None, ["person"])
    assert_on(part, changed(seen))


@pytest.mark.parametrize("projection", [STRETCHED, LETTERBOX], ids=["stretched", "letterbox"])
def test_a_raster_of_classes(projection: Projection) -> None:
    part = Box(0.2, 0.3, 0.6, 0.75)
    values = grid(part, projection).astype(np.uint8)
    detail = RawDetail(raster=RawRaster(RasterKind.CLASSES, values))
    labels = ["background", "scratch"]
    seen = with_detail(Detection("s", "", 0, 1.0), detail, projection, None, labels)
    assert_on(part, changed(seen))
    assert seen.raster
    assert seen.raster.areas[1].area == pytest.approx(0.4 * 0.45, abs=0.01)


def test_a_raster_of_a_crop() -> None:
    crop, part = Box(0.5, 0.5, 1.0, 1.0), Box(0.25, 0.5, 0.75, 1.0)
    values = grid(part, STRETCHED).astype(np.float32)
    detail = RawDetail(raster=RawRaster(RasterKind.ANOMALY, values))
    seen = with_detail(Detection("s", "anomaly", 0, 0.0), detail, STRETCHED, crop, ["anomaly"])
    where = changed(seen)
    assert where[370 - 60 : 470 - 60, 410:550].all()
    assert not where[250 - 60 : 350 - 60, 410:550].any()
