"""NanoDet: scores, then a distribution for each side of a box."""

from collections.abc import Iterator
from math import ceil

from framemesh.modeling.recognition.coco import COCO
from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    confirmed,
    contradicted,
    open_question,
)
from framemesh.modeling.recognition.preparation import NANODET
from framemesh.modeling.recognition.probe import Probe, within

STRIDES = ((8, 16, 32), (8, 16, 32, 64))
"""Of the older versions, and of NanoDet-Plus."""

SIDE_VALUES = 4 * 8
"""Of the distributions of four sides, with the usual reg_max of 7."""


def nanodet(facts: ModelFacts) -> Iterator[Guess]:
    if len(facts.outputs) != 1 or len(facts.outputs[0].shape) != 3:
        return
    (output,) = facts.outputs
    _, places, values = output.shape
    classes = values - SIDE_VALUES
    if classes < 1 or places not in _places(facts):
        return

    def check(probe: Probe) -> Finding:
        rows = probe.values(output.name)
        scores, sides = rows[:, :classes], rows[:, classes:]
        if not within(scores, 0, 1) or within(sides, 0, 1):
            return contradicted(f"{classes} scores are not followed by logits of four sides")
        if classes != len(COCO):
            return open_question("reg_max may be another than 7")
        return confirmed(f"{classes} scores between 0 and 1, then logits of four sides")

    yield Guess(
        "NanoDet",
        "nanodet",
        Evidence.SHAPES,
        f"{places} places of {classes} + {SIDE_VALUES} values",
        (NANODET,),
        classes,
        size=(416, 416),
        confirm=check,
    )


def _places(facts: ModelFacts) -> set[int]:
    width, height = facts.image.width or 416, facts.image.height or 416
    return {sum(ceil(width / s) * ceil(height / s) for s in strides) for strides in STRIDES}
