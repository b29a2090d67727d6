"""PicoDet without its post-processing, and its answers read as PaddleDetection does it."""

from collections.abc import Callable, Mapping

import numpy as np

from framemesh.modeling.manifest import DecoderSpec, InputSpec
from tests.model_families.anchors import IOU, REG_MAX, THRESHOLD, distribution, suppressed
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import FamilyGraph, Values
from tests.model_families.planted import CLASSES, PLANTED
from tests.model_families.reading import Reading

WIDTH, HEIGHT = 320, 224
INPUT = InputSpec(
    "image", WIDTH, HEIGHT, mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375)
)
STRIDES = (8, 16, 32, 64)
"""The last does not divide the input: its grid reaches beyond."""

PLANTED_IN = 32
"""Pixels of the stride of the grid in which things are planted."""


def _grid(stride: int) -> tuple[int, int]:
    return -(-WIDTH // stride), -(-HEIGHT // stride)


def picodet(*, shuffled: bool = False) -> FamilyModel:
    """
    Args:
        shuffled: the outputs come in another order, and leave open how many rows they have.
    """
    graph = FamilyGraph.of(INPUT)
    outputs = [(kind, stride) for kind in ("scores", "distances") for stride in STRIDES]
    for kind, stride in reversed(outputs) if shuffled else outputs:
        columns, rows = _grid(stride)
        width = CLASSES if kind == "scores" else 4 * (REG_MAX + 1)
        values = np.zeros((1, columns * rows, width), np.float32)
        slopes = np.zeros_like(values)
        for at, planted in enumerate(PLANTED) if stride == PLANTED_IN else ():
            left, top, right, bottom = np.array(planted.box) * [WIDTH, HEIGHT, WIDTH, HEIGHT]
            column = int((left + right) / 2 / stride)
            row = int((top + bottom) / 2 / stride) + at % 2
            place = row * columns + column + (at == 2)
            x, y = (place % columns + 0.5) * stride, (place // columns + 0.5) * stride
            if kind == "scores":
                values[0, place, planted.class_id] = planted.score
                slopes[0, place, planted.class_id] = planted.slope
            else:
                distances = np.array([x - left, y - top, right - x, bottom - y]) / stride
                values[0, place] = np.concatenate(
                    [distribution(max(0.0, each)) for each in distances]
                )
        declared: list[int | str] | None = [1, "places", width] if shuffled else None
        graph.output(f"transpose_{kind}_{stride}.tmp_0", values, slopes, declared=declared)
    decoder = DecoderSpec("picodet", THRESHOLD, IOU)
    return FamilyModel(graph.save(), INPUT, decoder, _read)


def _read(answers: Mapping[str, Values]) -> list[Reading]:
    found: list[Reading] = []
    for stride in STRIDES:
        scores = answers[f"transpose_scores_{stride}.tmp_0"]
        distances = answers[f"transpose_distances_{stride}.tmp_0"].astype(np.float64)
        columns, _ = _grid(stride)
        for place, (of_classes, logits) in enumerate(zip(scores, distances, strict=True)):
            class_id = int(of_classes.argmax())
            if of_classes[class_id] < THRESHOLD:
                continue
            sides = []
            for each in np.split(logits, 4):
                weights = np.exp(each - each.max())
                steps = sum(step * weight for step, weight in enumerate(weights))
                sides.append(steps / weights.sum() * stride)
            x, y = (place % columns + 0.5) * stride, (place // columns + 0.5) * stride
            corners = (x - sides[0], y - sides[1], x + sides[2], y + sides[3])
            found.append(Reading(class_id, float(of_classes[class_id]), corners))
    return suppressed(found)


MODELS: Mapping[str, Callable[[], FamilyModel]] = {
    "picodet": picodet,
    "picodet-in-another-order": lambda: picodet(shuffled=True),
}
