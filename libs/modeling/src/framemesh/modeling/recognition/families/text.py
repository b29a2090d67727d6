"""Readers of text: a distribution over characters for each step from left to right."""

from collections.abc import Iterator

import numpy as np

from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    contradicted,
    open_question,
)
from framemesh.modeling.recognition.preparation import PADDLE_TEXT, SIGNED, UNIT
from framemesh.modeling.recognition.probe import Probe, sums_to_one, within
from framemesh.modeling.signature import OPEN

MIN_CHARACTERS = 11
"""Ten digits and the blank."""

MAX_HEIGHT = 64
"""Of a line of text as readers take it."""

PADDLE_HEIGHT = 48
"""Of the readers of PaddleOCR, whose files leave it open."""


def text(facts: ModelFacts) -> Iterator[Guess]:
    if len(facts.outputs) != 1 or len(facts.outputs[0].shape) != 3:
        return
    (output,) = facts.outputs
    characters = output.shape[2]
    named = tuple(facts.metadata.get("character", "").split("\n"))
    told = len(named) > 1 and characters - len(named) in (1, 2)
    height = facts.image.height or (PADDLE_HEIGHT if told else 0)
    if characters < MIN_CHARACTERS or not 0 < height <= MAX_HEIGHT:
        return

    def check(probe: Probe) -> Finding:
        steps = probe.values(output.name)
        likeliest = steps.reshape(-1, steps.shape[-1]).argmax(axis=1)
        most = np.count_nonzero(likeliest == characters - 1) * 2 > len(likeliest)
        blank = {"blank": -1} if most else {}
        if sums_to_one(steps):
            return open_question("each step sums to 1", activation="none", **blank)
        if within(steps, 0, 1):
            return contradicted("the steps are no distributions over characters")
        return open_question("logits of characters", activation="softmax", **blank)

    yield Guess(
        "a reader with CTC",
        "ctc",
        Evidence.METADATA if told else Evidence.SHAPES,
        "metadata: its characters" if told else f"{output.name} has {characters} values a step",
        (PADDLE_TEXT,) if told else (SIGNED, UNIT, PADDLE_TEXT),
        characters - 1,
        # PaddleOCR adds the blank before, and often a space behind, what it lists.
        (*named, " ")[: characters - 1] if told else (),
        {"steps_first": True} if _steps_first(output.shape) else {},
        size=(320, height),
        confirm=check,
    )


def _steps_first(shape: tuple[int, ...]) -> bool:
    """Whether it is [steps, images, letters]: an inference of one image has 1 in the middle."""
    return shape[1] == 1 or (shape[1] == OPEN and shape[0] > 1)
