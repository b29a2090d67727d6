"""Readers of text: a distribution over characters for each step from left to right."""

from collections.abc import Iterator

from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    contradicted,
    open_question,
)
from framemesh.modeling.recognition.preparation import SIGNED, UNIT
from framemesh.modeling.recognition.probe import Probe, sums_to_one

MIN_CHARACTERS = 11
"""Ten digits and the blank."""

MAX_HEIGHT = 64
"""Of a line of text as readers take it."""


def text(facts: ModelFacts) -> Iterator[Guess]:
    if len(facts.outputs) != 1 or len(facts.outputs[0].shape) != 3:
        return
    (output,) = facts.outputs
    characters = output.shape[2]
    if characters < MIN_CHARACTERS or not 0 < facts.image.height <= MAX_HEIGHT:
        return
    named = tuple(facts.metadata.get("character", "").split("\n"))
    told = len(named) > 1 and characters - len(named) in (1, 2)

    def check(probe: Probe) -> Finding:
        if sums_to_one(probe.values(output.name)):
            return open_question("each step sums to 1", activation="none")
        return contradicted("the steps are no distributions over characters")

    yield Guess(
        "a reader with CTC",
        "ctc",
        Evidence.METADATA if told else Evidence.SHAPES,
        "metadata: its characters" if told else f"{output.name} has {characters} values a step",
        (SIGNED,) if told else (SIGNED, UNIT),
        characters - 1,
        # PaddleOCR adds the blank before, and often a space behind, what it lists.
        (*named, " ")[: characters - 1] if told else (),
        size=(320, facts.image.height),
        confirm=check,
    )
