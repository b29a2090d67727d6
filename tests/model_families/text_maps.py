"""Models that put out how likely each place is text, and their answers read as DB defines it."""

from collections.abc import Callable, Mapping

import numpy as np

from framemesh.modeling.manifest import Activation, Color, DecoderSpec, InputSpec
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import FamilyGraph, Values
from tests.model_families.reading import Reading

WIDTH, HEIGHT = 160, 96
PADDLE = InputSpec("x", WIDTH, HEIGHT, color=Color.BGR, scale=1 / 127.5, mean=(1.0, 1.0, 1.0))
LINES = ((20, 12, 110, 24, 0.6), (16, 40, 60, 50, 0.5), (90, 66, 150, 84, 0.7))
"""First and last column and row of each, and how likely it is text, on a black picture."""
UNCLIP = 1.6


def lines(activation: Activation) -> FamilyModel:
    """Three lines, each below the other, and a stroke of two rows that is none."""
    values, slopes = np.zeros((2, 1, 1, HEIGHT, WIDTH))
    for left, top, right, bottom, likely in LINES:
        values[0, 0, top : bottom + 1, left : right + 1] = likely
        slopes[0, 0, top : bottom + 1, left : right + 1] = 0.2
    values[0, 0, 90:92, 10:80] = 0.9
    if activation is Activation.SIGMOID:
        values = 10 * (values - 0.3)
    graph = FamilyGraph.of(PADDLE)
    graph.output("sigmoid_0.tmp_0", values, slopes)
    decoder = DecoderSpec("db-text", 0.4, unclip_ratio=UNCLIP, activation=activation)
    return FamilyModel(
        graph.save(),
        PADDLE,
        decoder,
        lambda answers: _lines(answers["sigmoid_0.tmp_0"][0], activation),
        labels=("text",),
    )


def _lines(values: Values, activation: Activation) -> list[Reading]:
    likely = values.astype(np.float64)
    if activation is Activation.SIGMOID:
        likely = 1 / (1 + np.exp(-likely))
    return [_line(likely, rows) for rows in _runs(likely.max(axis=1) > 0.3) if len(rows) > 3]


def _line(likely: Values, rows: list[int]) -> Reading:
    (columns,) = _runs(likely[rows].max(axis=0) > 0.3)
    inside = likely[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    wide, high = columns[-1] - columns[0], rows[-1] - rows[0]
    grown = wide * high * UNCLIP / (2 * (wide + high))
    left, right = (columns[0] - grown), (columns[-1] + grown)
    top, bottom = (rows[0] - grown), (rows[-1] + grown)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    box = (max(0, left), max(0, top), min(WIDTH, right), min(HEIGHT, bottom))
    return Reading(0, float(inside.mean()), box, corners)


def _runs(there: Values) -> list[list[int]]:
    """The numbers of neighbours for which it holds."""
    found: list[list[int]] = []
    for number in np.flatnonzero(there).tolist():
        if found and found[-1][-1] == number - 1:
            found[-1].append(number)
        else:
            found.append([number])
    return found


MODELS: Mapping[str, Callable[[], FamilyModel]] = {
    "db-text": lambda: lines(Activation.AUTO),
    "db-text-logits": lambda: lines(Activation.SIGMOID),
}
