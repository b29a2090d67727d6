"""Face detectors with priors, and their answers read as their authors do it, prior by prior."""

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from framemesh.modeling.manifest import Color, DecoderSpec, Fit, InputSpec
from tests.model_families.anchors import IOU, KEYPOINTS, THRESHOLD, suppressed
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import FamilyGraph, Values
from tests.model_families.planted import PLANTED
from tests.model_families.reading import Reading, Reference

Prior = tuple[float, float, float]
"""Middle and side, in pixels of the input."""

RETINAFACE = ((8, (16, 32)), (16, (64, 128)), (32, (256, 512)))
YUNET_2021 = ((8, (10, 16, 24)), (16, (32, 48)), (32, (64, 96)), (64, (128, 192, 256)))


def retinaface_priors(width: int, height: int) -> Iterator[Prior]:
    for step, sides in RETINAFACE:
        for row in range(math.ceil(height / step)):
            for column in range(math.ceil(width / step)):
                for side in sides:
                    yield (column + 0.5) * step, (row + 0.5) * step, side


def yunet_priors(width: int, height: int) -> Iterator[Prior]:
    """Of maps that are halves of halves, as its authors count them."""
    columns, rows = (width + 1) // 2 // 2, (height + 1) // 2 // 2
    for step, sides in YUNET_2021:
        columns, rows = columns // 2, rows // 2
        for row in range(rows):
            for column in range(columns):
                for side in sides:
                    yield (column + 0.5) * step, (row + 0.5) * step, side


def _offsets(
    priors: list[Prior], size: tuple[int, int], stretch: tuple[float, float]
) -> Iterator[tuple[int, Values, Values]]:
    """Of each planted thing, told from a prior of its own: number of the prior, offsets of its box
    and of its keypoints."""
    taken = set[int]()
    for planted in PLANTED:
        left, top, right, bottom = np.array(planted.box) * [*size, *size]
        x, y, width, height = (left + right) / 2, (top + bottom) / 2, right - left, bottom - top
        near = min(
            set(range(len(priors))) - taken,
            key=lambda index: math.dist(priors[index], (x, y, max(width, height))),
        )
        taken.add(near)
        at_x, at_y, side = priors[near]
        box = [
            (x - at_x) / side / 0.1,
            (y - at_y) / side / 0.1,
            math.log(width / side) / stretch[0],
            math.log(height / side) / stretch[1],
        ]
        points = [
            offset
            for step in KEYPOINTS
            for offset in (
                (left + step * width - at_x) / side / 0.1,
                (top + step * height - at_y) / side / 0.1,
            )
        ]
        yield near, np.array(box), np.array(points)


def _input(size: tuple[int, int], mean: tuple[float, ...]) -> InputSpec:
    return InputSpec("data", *size, fit=Fit.LETTERBOX, color=Color.BGR, mean=mean)


def _model(graph: FamilyGraph, name: str, given: InputSpec, read: Reference) -> FamilyModel:
    decoder = DecoderSpec(name, THRESHOLD, IOU)
    return FamilyModel(graph.save(), given, decoder, read, flat=True, labels=("face",))


def retinaface(width: int, height: int) -> FamilyModel:
    priors = list(retinaface_priors(width, height))
    boxes, scores, points = (np.zeros((1, len(priors), columns)) for columns in (4, 2, 10))
    scores[..., 0], slopes = 1, np.zeros_like(scores)
    for planted, (at, box, keypoints) in zip(
        PLANTED, _offsets(priors, (width, height), (0.2, 0.2)), strict=True
    ):
        boxes[0, at], points[0, at] = box, keypoints
        scores[0, at] = 1 - planted.score, planted.score
        slopes[0, at] = -planted.slope, planted.slope
    given = _input((width, height), (104.0, 117.0, 123.0))
    graph = FamilyGraph.of(given)
    graph.output("bbox", boxes)
    graph.output("confidence", scores, slopes)
    graph.output("landmark", points)

    def read(answers: Mapping[str, Values]) -> list[Reading]:
        found: list[Reading] = []
        outputs = (answers[name][0] for name in ("bbox", "confidence", "landmark"))
        for box, (_, score), points, (x, y, side) in zip(*outputs, priors, strict=True):
            if score >= THRESHOLD:
                middle = x + box[0] * 0.1 * side, y + box[1] * 0.1 * side
                half = [side * math.exp(each * 0.2) / 2 for each in box[2:]]
                found.append(_face(score, middle, half, _keypoints(points, (x, y, side))))
        return suppressed(found)

    return _model(graph, "retinaface", given, read)


def yunet_2021(width: int, height: int) -> FamilyModel:
    priors = list(yunet_priors(width, height))
    places, scores = np.zeros((len(priors), 14)), np.zeros((len(priors), 2))
    slopes, overlaps = np.zeros_like(scores), np.full((len(priors), 1), 1.2)
    scores[:, 0] = 1
    for planted, (at, box, keypoints) in zip(
        PLANTED, _offsets(priors, (width, height), (0.1, 0.2)), strict=True
    ):
        places[at] = [*box, *keypoints]
        scores[at] = 1 - planted.score, planted.score
        slopes[at] = -planted.slope, planted.slope
        overlaps[at] = 0.9
    given = _input((width, height), (0.0,))
    graph = FamilyGraph.of(given)
    graph.output("loc", places)
    graph.output("conf", scores, slopes)
    graph.output("iou", overlaps)

    def read(answers: Mapping[str, Values]) -> list[Reading]:
        found: list[Reading] = []
        rows = zip(answers["loc"], answers["conf"], answers["iou"], priors, strict=True)
        for place, (_, face), (overlap,), (x, y, side) in rows:
            score = math.sqrt(face * min(1, max(0, overlap)))
            if score >= THRESHOLD:
                middle = x + place[0] * 0.1 * side, y + place[1] * 0.1 * side
                half = [side * math.exp(place[2] * 0.1) / 2, side * math.exp(place[3] * 0.2) / 2]
                found.append(_face(score, middle, half, _keypoints(place[4:], (x, y, side))))
        return suppressed(found)

    return _model(graph, "yunet-2021", given, read)


def _keypoints(offsets: Values, prior: Prior) -> list[tuple[float, float, float]]:
    """Of a model that does not tell how sure it is."""
    x, y, side = prior
    places = offsets.reshape(-1, 2).tolist()
    return [(x + right * 0.1 * side, y + down * 0.1 * side, 1.0) for right, down in places]


def _face(
    score: float,
    middle: tuple[float, float],
    half: list[float],
    keypoints: list[tuple[float, float, float]],
) -> Reading:
    (x, y), (across, down) = middle, half
    box = x - across, y - down, x + across, y + down
    return Reading(0, float(score), box, keypoints=keypoints)


MODELS: Mapping[str, Callable[[], FamilyModel]] = {
    "retinaface": lambda: retinaface(384, 256),
    "retinaface-of-odd-sides": lambda: retinaface(345, 250),
    "yunet-2021": lambda: yunet_2021(384, 256),
    "yunet-2021-as-published": lambda: yunet_2021(160, 120),
}
