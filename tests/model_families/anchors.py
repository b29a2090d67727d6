"""Models that tell boxes by the distance from places of grids, and their answers read as their
authors do it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from framemesh.modeling.manifest import Anchor, Color, DecoderSpec, Fit, InputSpec
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import FamilyGraph, Values
from tests.model_families.planted import CLASSES, PLANTED, Planted
from tests.model_families.reading import Corners, Reading
from tests.model_families.yolo_reference import overlap

WIDTH, HEIGHT = 384, 256
LETTERBOXED = InputSpec("data", WIDTH, HEIGHT, fit=Fit.LETTERBOX)
NANODET_INPUT = replace(
    LETTERBOXED, color=Color.BGR, mean=(103.53, 116.28, 123.675), std=(57.375, 57.12, 58.395)
)
YUNET_INPUT = replace(LETTERBOXED, color=Color.BGR, fill=0)
SCRFD_INPUT = replace(
    LETTERBOXED, anchor=Anchor.TOP_LEFT, fill=0, mean=(127.5, 127.5, 127.5), std=(128, 128, 128)
)
THRESHOLD, IOU = 0.3, 0.5
REG_MAX = 7
KEYPOINTS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""How far down the diagonal of a face's box each of its keypoints lies."""

STRIDE = 16
"""Of the grid in which things are planted."""


def _planted() -> Iterator[tuple[Planted, tuple[int, int], Values]]:
    """Each thing, the column and the row of a place of its own, and its corners in pixels."""
    taken = set[tuple[int, int]]()
    for planted in PLANTED:
        corners = np.array(planted.box) * [WIDTH, HEIGHT, WIDTH, HEIGHT]
        x, y = (corners[:2] + corners[2:]) / 2 / STRIDE
        place = (int(x), int(y))
        while place in taken:
            place = (place[0], place[1] + 1)
        taken.add(place)
        yield planted, place, corners


def _cells(stride: int) -> list[tuple[int, int]]:
    """Column and row of each place."""
    columns, rows = -(-WIDTH // stride), -(-HEIGHT // stride)
    return [(column, row) for row in range(rows) for column in range(columns)]


def nanodet(strides: tuple[int, ...], offset: float) -> FamilyModel:
    cells = [(stride, cell) for stride in strides for cell in _cells(stride)]
    values = np.zeros((1, len(cells), CLASSES + 4 * (REG_MAX + 1)), np.float32)
    slopes = np.zeros_like(values)
    for planted, place, corners in _planted():
        at = cells.index((STRIDE, place))
        x, y = ((side + offset) * STRIDE for side in place)
        distances = np.abs(corners - [x, y, x, y]) / STRIDE
        values[0, at, planted.class_id] = planted.score
        slopes[0, at, planted.class_id] = planted.slope
        values[0, at, CLASSES:] = np.concatenate([distribution(each) for each in distances])
    graph = FamilyGraph.of(NANODET_INPUT)
    graph.output("output", values, slopes)
    decoder = DecoderSpec("nanodet", THRESHOLD, IOU)
    return FamilyModel(
        graph.save(), NANODET_INPUT, decoder, lambda answers: _nanodet(answers, cells, offset)
    )


def distribution(distance: float) -> Values:
    """Logits whose mean after a softmax is this distance."""
    below = min(REG_MAX - 1, int(distance))
    logits = np.full(REG_MAX + 1, -30.0)
    logits[below] = np.log(max(1e-9, below + 1 - distance))
    logits[below + 1] = np.log(max(1e-9, distance - below))
    return logits


def _nanodet(
    answers: Mapping[str, Values], cells: list[tuple[int, tuple[int, int]]], offset: float
) -> list[Reading]:
    found: list[Reading] = []
    for row, (stride, (column, line)) in zip(answers["output"], cells, strict=True):
        distances = []
        for side in range(4):
            first = CLASSES + side * (REG_MAX + 1)
            weights = np.exp(row[first : first + REG_MAX + 1].astype(np.float64))
            mean = sum(step * weight for step, weight in enumerate(weights)) / weights.sum()
            distances.append(float(mean) * stride)
        x, y = (column + offset) * stride, (line + offset) * stride
        left, top, right, bottom = distances
        for class_id in range(CLASSES):
            if row[class_id] >= THRESHOLD:
                corners = (x - left, y - top, x + right, y + bottom)
                found.append(Reading(class_id, float(row[class_id]), corners))
    return suppressed(found)


def yunet() -> FamilyModel:
    graph = FamilyGraph.of(YUNET_INPUT)
    for kind, columns in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
        for stride in (8, 16, 32):
            cells = _cells(stride)
            values = np.zeros((1, len(cells), columns), np.float32)
            slopes = np.zeros_like(values)
            for planted, place, corners in _planted() if stride == STRIDE else ():
                at = cells.index(place)
                size = corners[2:] - corners[:2]
                middle = (corners[:2] + size / 2) / STRIDE - place
                points = [(corners[:2] + step * size) / STRIDE - place for step in KEYPOINTS]
                values[0, at] = {
                    "cls": np.array([planted.score]),
                    "obj": np.array([0.8]),
                    "bbox": np.concatenate([middle, np.log(size / STRIDE)]),
                    "kps": np.concatenate(points),
                }[kind]
                slopes[0, at] = planted.slope if kind == "cls" else 0
            graph.output(f"{kind}_{stride}", values, slopes)
    decoder = DecoderSpec("yunet", THRESHOLD, IOU)
    return FamilyModel(graph.save(), YUNET_INPUT, decoder, _yunet, labels=("face",))


def _yunet(answers: Mapping[str, Values]) -> list[Reading]:
    found: list[Reading] = []
    for stride in (8, 16, 32):
        for at, (column, row) in enumerate(_cells(stride)):
            classified, there = answers[f"cls_{stride}"][at, 0], answers[f"obj_{stride}"][at, 0]
            score = float(np.sqrt(classified * there))
            x, y, width, height = map(float, answers[f"bbox_{stride}"][at])
            x, y = (column + x) * stride, (row + y) * stride
            width, height = np.exp(width) * stride, np.exp(height) * stride
            if score >= THRESHOLD:
                corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
                points = points_of((answers[f"kps_{stride}"][at] + [column, row] * 5) * stride)
                found.append(Reading(0, score, corners, keypoints=points))
    return suppressed(found)


def scrfd(strides: tuple[int, ...], anchors: int, *, keypoints: bool) -> FamilyModel:
    """The outputs have numbers for names, as InsightFace's exports have, and open lengths."""
    graph = FamilyGraph.of(SCRFD_INPUT)
    name = 400
    for kind, columns in (("score", 1), ("bbox", 4), ("kps", 10))[: 3 if keypoints else 2]:
        for stride in strides:
            cells = [cell for cell in _cells(stride) for _ in range(anchors)]
            values = np.zeros((len(cells), columns), np.float32)
            slopes = np.zeros_like(values)
            for planted, place, corners in _planted() if stride == STRIDE else ():
                at = cells.index(place) + anchors - 1
                x, y = np.array(place) * STRIDE
                size = corners[2:] - corners[:2]
                points = [corners[:2] + step * size - [x, y] for step in KEYPOINTS]
                values[at] = {
                    "score": np.array([planted.score]),
                    "bbox": np.abs(corners - [x, y, x, y]) / STRIDE,
                    "kps": np.concatenate(points) / STRIDE,
                }[kind]
                slopes[at] = planted.slope if kind == "score" else 0
            name += 1
            graph.output(str(name), values, slopes, declared=["n", columns])
    decoder = DecoderSpec("scrfd", THRESHOLD, IOU)
    return FamilyModel(
        graph.save(),
        SCRFD_INPUT,
        decoder,
        lambda answers: _scrfd(answers, strides, anchors),
        flat=True,
        labels=("face",),
    )


def _scrfd(answers: Mapping[str, Values], strides: tuple[int, ...], anchors: int) -> list[Reading]:
    found: list[Reading] = []
    for number, stride in enumerate(strides):
        scores, boxes = answers[str(401 + number)], answers[str(401 + len(strides) + number)]
        offsets = answers.get(str(401 + 2 * len(strides) + number))
        for at, (score, box) in enumerate(zip(scores[:, 0], boxes, strict=True)):
            column, row = _cells(stride)[at // anchors]
            left, top, right, bottom = map(float, box * stride)
            x, y = column * stride, row * stride
            if score >= THRESHOLD:
                points = [] if offsets is None else points_of(offsets[at] * stride + [x, y] * 5)
                corners = (x - left, y - top, x + right, y + bottom)
                found.append(Reading(0, float(score), corners, keypoints=points))
    return suppressed(found)


def points_of(pixels: Values) -> list[tuple[float, float, float]]:
    """Of a model that does not tell how sure it is."""
    return [(float(x), float(y), 1.0) for x, y in pixels.reshape(-1, 2)]


def suppressed(found: list[Reading]) -> list[Reading]:
    """Of those of a class that overlap, the best."""
    kept: list[Reading] = []
    for one in sorted(found, key=lambda each: -each.score):
        rivals = [other.box for other in kept if other.class_id == one.class_id]
        if all(_overlap(one.box, rival) <= IOU for rival in rivals):
            kept.append(one)
    return kept


def _overlap(one: Corners | None, other: Corners | None) -> float:
    assert one is not None
    assert other is not None
    return overlap(one, other)


MODELS: Mapping[str, Callable[[], FamilyModel]] = {
    "nanodet": lambda: nanodet((8, 16, 32), 0.5),
    "nanodet-plus": lambda: nanodet((8, 16, 32, 64), 0.0),
    "yunet": yunet,
    "scrfd": lambda: scrfd((8, 16, 32), 2, keypoints=True),
    "scrfd-without-keypoints": lambda: scrfd((8, 16, 32), 2, keypoints=False),
    "scrfd-of-five-grids": lambda: scrfd((8, 16, 32, 64, 128), 1, keypoints=True),
}
