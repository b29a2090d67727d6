"""Readers of a line of text, and their answers read by the rule of CTC."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from framemesh.modeling.manifest import Activation, Color, DecoderSpec, InputSpec
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import FamilyGraph, Values
from tests.model_families.reading import Reading

ALPHABET = "0123456789abcdef "
WRITTEN = "cafe 0077 bead"
STEPS = 48
PADDLE = InputSpec(
    "x", 4 * STEPS, 48, color=Color.BGR, scale=1 / 255, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)
)


def _written() -> tuple[Values, Values]:
    """[steps, 1 + letters] probabilities on a black picture, and what a white one adds to them.
    The first is the blank's."""
    steps = np.full((STEPS, 1 + len(ALPHABET)), 0.2 / len(ALPHABET))
    steps[:, 0] = 0.8
    slopes = np.zeros_like(steps)
    for number, letter in enumerate(WRITTEN):
        at, column = 2 + 3 * number, 1 + ALPHABET.index(letter)
        # The second is the same letter still.
        steps[at : at + 2] = 0.0
        steps[at : at + 2, column], steps[at : at + 2, 0] = 0.7, 0.3
        slopes[at : at + 2, column], slopes[at : at + 2, 0] = 0.25, -0.25
    return steps, slopes


def paddle() -> FamilyModel:
    """PaddleOCR: probabilities."""
    steps, slopes = _written()
    graph = FamilyGraph.of(PADDLE)
    graph.output("softmax_0.tmp_0", steps[np.newaxis], slopes[np.newaxis])
    return FamilyModel(
        graph.save(),
        PADDLE,
        DecoderSpec("ctc"),
        lambda answers: _read(answers["softmax_0.tmp_0"]),
        labels=tuple(ALPHABET),
    )


def crnn() -> FamilyModel:
    """As torch's recurrent layers end: logits, the steps before the images, the blank the last."""
    spec = replace(PADDLE, color=Color.GRAY, mean=(0.0,), std=(1.0,))
    steps, slopes = (np.roll(each, -1, axis=1) for each in _written())
    graph = FamilyGraph.of(spec)
    graph.output("logits", 6 * steps[:, np.newaxis], 6 * slopes[:, np.newaxis])
    decoder = DecoderSpec("ctc", activation=Activation.SOFTMAX, blank=-1, steps_first=True)
    return FamilyModel(graph.save(), spec, decoder, _crnn, flat=True, labels=tuple(ALPHABET))


def _crnn(answers: Mapping[str, Values]) -> list[Reading]:
    weights = np.exp(answers["logits"][:, 0].astype(np.float64))
    probabilities = weights / weights.sum(axis=1, keepdims=True)
    return _read(np.roll(probabilities, 1, axis=1))


def _read(steps: Values) -> list[Reading]:
    """[steps, 1 + letters] probabilities, the first the blank's."""
    text, sure = "", []
    for column, group in itertools.groupby(steps, lambda step: int(step.argmax())):
        if column:
            text += ALPHABET[column - 1]
            sure.append(float(next(group).max()))
    return [Reading(0, float(np.mean(sure)), text=text)]


MODELS: Mapping[str, Callable[[], FamilyModel]] = {"ctc": paddle, "ctc-steps-first": crnn}
