"""The plain forms of detectors: scores and boxes, heat maps, cells."""

from collections.abc import Iterator

import numpy as np

from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    confirmed,
    contradicted,
    open_question,
)
from framemesh.modeling.recognition.preparation import UNIT_BGR, UNKNOWN
from framemesh.modeling.recognition.probe import Probe, sums_to_one, within


def plain(facts: ModelFacts) -> Iterator[Guess]:
    there = facts.output_names
    if set(there) == {"heatmap", "boxes"} and len(there["heatmap"].shape) == 4:
        classes = max(0, there["heatmap"].shape[1])
        why = "names: heatmap and boxes"
        yield Guess("CenterNet", "centernet", Evidence.NAMES, why, UNKNOWN, classes)
    pairs = [output for output in facts.outputs if len(output.shape) == 3]
    boxes = [output for output in pairs if output.shape[2] == 4]
    if len(facts.outputs) == len(pairs) == 2 and len(boxes) == 1:
        (scores,) = (output for output in pairs if output is not boxes[0])
        yield from _pair(scores.name, max(0, scores.shape[2]))
    if len(facts.outputs) == 1 and len(facts.outputs[0].shape) == 4:
        (output,) = facts.outputs
        channels, height, width = output.shape[1:]
        image = facts.image
        if channels > 5 and (height * 16, width * 16) == (image.height, image.width):
            yield _fastestdet(output.name, channels - 5)


def _fastestdet(output: str, classes: int) -> Guess:
    def check(probe: Probe) -> Finding:
        cells = probe.values(output)
        if within(cells[0], 0, 1) and sums_to_one(np.moveaxis(cells[5:], 0, -1)):
            return confirmed("the classes of each cell sum to 1")
        return contradicted("the classes of a cell do not sum to 1")

    why = f"{output} has 5 + {classes} channels a cell of 16 pixels"
    return Guess(
        "FastestDet",
        "fastestdet",
        Evidence.SHAPES,
        why,
        (UNIT_BGR,),
        classes,
        size=(352, 352),
        confirm=check,
    )


def _pair(scores: str, classes: int) -> Iterator[Guess]:
    """Scores and boxes of places: SSD, or a DETR whose outputs have other names."""
    why = f"{scores} and boxes of 4 values a place"

    def probabilities(probe: Probe) -> Finding:
        if within(probe.values(scores), 0, 1):
            return open_question("corners or centres, an image does not tell for sure")
        return contradicted("the scores are no probabilities")

    def logits(probe: Probe) -> Finding:
        if within(probe.values(scores), 0, 1):
            return contradicted("the scores are probabilities already")
        return open_question("softmax or sigmoid, an image does not tell for sure")

    yield Guess("SSD", "ssd", Evidence.SHAPES, why, UNKNOWN, classes, confirm=probabilities)
    for decoder in ("detr", "rf-detr", "rt-detr-logits"):
        columns = classes - 1 if decoder == "detr" else classes
        yield Guess(decoder, decoder, Evidence.SHAPES, why, UNKNOWN, columns, confirm=logits)
