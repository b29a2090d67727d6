"""PicoDet without its post-processing: scores and distances of four grids."""

from collections.abc import Iterator

from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.decoders.picodet import cells
from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    confirmed,
    contradicted,
)
from framemesh.modeling.recognition.preparation import IMAGENET
from framemesh.modeling.recognition.probe import Probe, within

DISTANCE_COLUMNS = 4 * 8
"""Of the distributions of four sides, with the usual reg_max of 7."""

SIZE = 416
"""A side of the input where it is open."""


def picodet(facts: ModelFacts) -> Iterator[Guess]:
    outputs = [output for output in facts.outputs if len(output.shape) == 3]
    distances = [output for output in outputs if output.shape[2] == DISTANCE_COLUMNS]
    scores = [output for output in outputs if output not in distances]
    size = InputSize(facts.image.width or SIZE, facts.image.height or SIZE)
    grids = cells(size)
    if not len(facts.outputs) == len(outputs) == 2 * len(scores) == 2 * len(grids):
        return
    for kind in (scores, distances):
        if sorted((output.shape[1] for output in kind), reverse=True) != grids:
            return
    if len({output.shape[2] for output in scores}) != 1:
        return

    def check(probe: Probe) -> Finding:
        if not all(within(probe.values(output.name), 0, 1) for output in scores):
            return contradicted("scores do not lie between 0 and 1")
        if all(within(probe.values(output.name), 0, 1) for output in distances):
            return contradicted("distances are no logits")
        return confirmed("scores between 0 and 1, and logits of four sides")

    yield Guess(
        "PicoDet",
        "picodet",
        Evidence.SHAPES,
        f"scores and distances of {', '.join(map(str, grids))} places",
        (IMAGENET,),
        max(0, scores[0].shape[2]),
        size=(SIZE, SIZE),
        confirm=check,
    )
