"""Models whose grids have one thing a place: SSD, FastestDet and CenterNet, and their answers read
as their authors do it."""

from collections.abc import Callable, Mapping

import numpy as np

from framemesh.modeling.manifest import (
    Color,
    DecoderSpec,
    DType,
    InputSpec,
    Interpolation,
    Layout,
)
from tests.model_families.anchors import IOU, THRESHOLD, suppressed
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import FamilyGraph, Values
from tests.model_families.planted import CLASSES, PLANTED, Planted
from tests.model_families.reading import Corners, Reading, four

WIDTH, HEIGHT = 192, 128
ROWS, COLUMNS = 16, 24
PIXELS = np.array([WIDTH, HEIGHT, WIDTH, HEIGHT])


def _cells() -> list[tuple[Planted, int, int]]:
    """Each thing, and the row and the column of a cell of its own, with its middle or near it."""
    cells: list[tuple[Planted, int, int]] = []
    taken = set[tuple[int, int]]()
    for planted in PLANTED:
        left, top, right, bottom = planted.box
        row, column = int((top + bottom) / 2 * ROWS), int((left + right) / 2 * COLUMNS)
        while (row, column) in taken:
            row += 1
        taken.add((row, column))
        cells.append((planted, row, column))
    return cells


def _fractions(class_id: int, score: float, corners: Corners) -> Reading:
    return Reading(class_id, score, four(np.array(corners) * PIXELS))


def ssd() -> FamilyModel:
    """Class 0 is "nothing"."""
    scores = np.zeros((1, 50, 1 + CLASSES))
    slopes, boxes = np.zeros_like(scores), np.zeros((1, 50, 4))
    scores[0, :, 0] = 0.9
    for at, planted in enumerate(PLANTED):
        scores[0, 7 * at, 1 + planted.class_id] = planted.score
        slopes[0, 7 * at, 1 + planted.class_id] = planted.slope
        boxes[0, 7 * at] = planted.box
    spec = InputSpec("input", WIDTH, HEIGHT, mean=(127.0, 127.0, 127.0), std=(128.0, 128.0, 128.0))
    graph = FamilyGraph.of(spec)
    graph.output("scores", scores, slopes)
    graph.output("boxes", boxes)
    decoder = DecoderSpec("ssd", THRESHOLD, IOU, background=True)
    return FamilyModel(graph.save(), spec, decoder, _ssd)


def _ssd(answers: Mapping[str, Values]) -> list[Reading]:
    return suppressed(
        [
            _fractions(class_id, float(score), four(box))
            for scores, box in zip(answers["scores"], answers["boxes"], strict=True)
            for class_id, score in enumerate(scores[1:])
            if score >= THRESHOLD
        ]
    )


def fastestdet() -> FamilyModel:
    cells = np.zeros((1, 5 + CLASSES, ROWS, COLUMNS))
    slopes = np.zeros_like(cells)
    for planted, row, column in _cells():
        left, top, right, bottom = planted.box
        cell = cells[0, :, row, column]
        cell[0] = planted.score
        cell[1] = np.arctanh((left + right) / 2 * COLUMNS - column)
        cell[2] = np.arctanh(np.clip((top + bottom) / 2 * ROWS - row, -0.9, 0.9))
        cell[3:5] = [np.log(side / (1 - side)) for side in (right - left, bottom - top)]
        cell[5:] = 0.1
        cell[5 + planted.class_id] = 0.8
        slopes[0, 0, row, column] = planted.slope
    spec = InputSpec(
        "input.1",
        WIDTH,
        HEIGHT,
        interpolation=Interpolation.AREA,
        color=Color.BGR,
        scale=1 / 255,
    )
    graph = FamilyGraph.of(spec)
    graph.output("758", cells, slopes)
    return FamilyModel(graph.save(), spec, DecoderSpec("fastestdet", THRESHOLD, IOU), _fastestdet)


def _fastestdet(answers: Mapping[str, Values]) -> list[Reading]:
    found: list[Reading] = []
    for row, column in np.ndindex(ROWS, COLUMNS):
        cell = answers["758"][:, row, column].astype(np.float64)
        score = float(cell[0] ** 0.6 * cell[5:].max() ** 0.4)
        x, y = (column + np.tanh(cell[1])) / COLUMNS, (row + np.tanh(cell[2])) / ROWS
        width, height = 1 / (1 + np.exp(-cell[3:5]))
        if score >= THRESHOLD:
            corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            found.append(_fractions(int(cell[5:].argmax()), score, corners))
    return suppressed(found)


def centernet() -> FamilyModel:
    heatmap, boxes = np.zeros((1, CLASSES, ROWS, COLUMNS)), np.zeros((1, 4, ROWS, COLUMNS))
    slopes = np.zeros_like(heatmap)
    for planted, row, column in _cells():
        heatmap[0, planted.class_id, row, column] = planted.score
        slopes[0, planted.class_id, row, column] = planted.slope
        boxes[0, :, row, column] = planted.box
    spec = InputSpec("images", WIDTH, HEIGHT, layout=Layout.NHWC, dtype=DType.UINT8)
    graph = FamilyGraph.of(spec)
    graph.output("heatmap", heatmap, slopes)
    graph.output("boxes", boxes)
    return FamilyModel(graph.save(), spec, DecoderSpec("centernet", THRESHOLD, IOU), _centernet)


def _centernet(answers: Mapping[str, Values]) -> list[Reading]:
    heatmap, boxes = answers["heatmap"], answers["boxes"]
    return suppressed(
        [
            _fractions(class_id, float(heatmap[class_id, row, column]), four(boxes[:, row, column]))
            for class_id, row, column in np.ndindex(heatmap.shape)
            if heatmap[class_id, row, column] >= THRESHOLD
        ]
    )


MODELS: Mapping[str, Callable[[], FamilyModel]] = {
    "centernet": centernet,
    "fastestdet": fastestdet,
    "ssd": ssd,
}
