"""CenterFace, and its answers read as its authors do it."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from framemesh.modeling.manifest import Color, DecoderSpec, InputSpec
from tests.model_families.anchors import IOU, THRESHOLD, suppressed
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import FamilyGraph, Values
from tests.model_families.planted import PLANTED
from tests.model_families.reading import Reading

WIDTH, HEIGHT, STRIDE = 192, 128, 4
FIRST_BEYOND = (-0.05, 0.75, 0.08, 0.95)
"""A face that begins before the input."""


def centerface() -> FamilyModel:
    """Its outputs have numbers for names, as the authors exported them."""
    rows, columns = HEIGHT // STRIDE, WIDTH // STRIDE
    heatmap, slopes = np.zeros((2, 1, 1, rows, columns))
    scale, offset = np.zeros((2, 1, 2, rows, columns))
    landmarks = np.zeros((1, 10, rows, columns))
    things = [(each.box, each.score, each.slope) for each in PLANTED]
    for number, (box, score, slope) in enumerate([*things, (FIRST_BEYOND, 0.8, 0.0)]):
        left, top, right, bottom = np.array(box) * (WIDTH, HEIGHT, WIDTH, HEIGHT) / STRIDE
        x, y = min((left + right) / 2, columns - 1), (top + bottom) / 2
        row, column = int(y), int(x)
        while heatmap[0, 0, row, column]:
            row += 1
        heatmap[0, 0, row, column], slopes[0, 0, row, column] = score, slope
        scale[0, :, row, column] = math.log(bottom - top), math.log(right - left)
        offset[0, :, row, column] = y - row - 0.5, x - column - 0.5
        landmarks[0, :, row, column] = np.linspace(0.1, 0.9, 10) + 0.01 * number
    spec = InputSpec("input.1", WIDTH, HEIGHT, color=Color.BGR)
    graph = FamilyGraph.of(spec)
    graph.output("537", heatmap, slopes)
    for name, values in (("538", scale), ("539", offset), ("540", landmarks)):
        graph.output(name, values)
    decoder = DecoderSpec("centerface", THRESHOLD, IOU)
    return FamilyModel(graph.save(), spec, decoder, _faces, labels=("face",))


def _faces(answers: Mapping[str, Values]) -> list[Reading]:
    heatmap, scale, offset, landmarks = (
        answers[name].astype(np.float64) for name in ("537", "538", "539", "540")
    )
    found = []
    for row, column in np.ndindex(heatmap.shape[1:]):
        score = float(heatmap[0, row, column])
        if score < THRESHOLD:
            continue
        high, wide = (math.exp(side) * STRIDE for side in scale[:, row, column])
        down, across = offset[:, row, column]
        left = min(max(0.0, (column + across + 0.5) * STRIDE - wide / 2), WIDTH)
        top = min(max(0.0, (row + down + 0.5) * STRIDE - high / 2), HEIGHT)
        box = (left, top, min(left + wide, WIDTH), min(top + high, HEIGHT))
        points = landmarks[:, row, column].reshape(5, 2).tolist()
        keypoints = [(x * wide + left, y * high + top, 1.0) for y, x in points]
        found.append(Reading(0, score, box, keypoints=keypoints))
    return suppressed(found)


MODELS: Mapping[str, Callable[[], FamilyModel]] = {"centerface": centerface}
