"""Keypoints of one person: on a crop, or on a whole image."""

from collections.abc import Iterator
from typing import Any

from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    confirmed,
    contradicted,
    open_question,
)
from framemesh.modeling.recognition.known_names import output_names
from framemesh.modeling.recognition.preparation import IMAGENET, RAW
from framemesh.modeling.recognition.probe import Probe, within

COCO_KEYPOINTS = 17
"""Of a person."""

KEYPOINT_VALUES = 3
"""y, x and score."""

MOVENET_PERSON = KEYPOINT_VALUES * COCO_KEYPOINTS + 5
"""Of MoveNet of several people: the keypoints, then the box and its score."""

HEATMAP_STRIDE = 4
"""Pixels of the input a cell, of HRNet, SimpleBaseline and ViTPose."""

MIN_KEYPOINTS = 5
"""Of one thing: those of a face."""


def people(facts: ModelFacts) -> Iterator[Guess]:
    if set(facts.output_names) == {"simcc_x", "simcc_y"}:
        yield _simcc(Evidence.NAMES, "names: simcc_x and simcc_y", {})
    elif len(facts.outputs) == 2:
        yield from _unnamed_simcc(facts)
    if len(facts.outputs) != 1:
        return
    (output,) = facts.outputs
    if len(output.shape) == 4 and output.shape[1] == 1 and output.shape[3] == KEYPOINT_VALUES:
        why = f"{output.shape[2]} keypoints of y, x and score"
        yield _movenet(output.name, why, KEYPOINT_VALUES, output.shape[2] == COCO_KEYPOINTS)
    elif len(output.shape) == 3 and output.shape[2] == MOVENET_PERSON:
        why = f"rows of {MOVENET_PERSON} values: 17 keypoints, a box and a score"
        yield _movenet(output.name, why, MOVENET_PERSON, usual=True)


def heat_maps(facts: ModelFacts) -> Iterator[Guess]:
    """A map for each keypoint, at a quarter of the input's size."""
    (output,) = facts.outputs
    image = facts.image
    if len(output.shape) != 4 or output.shape[1] < MIN_KEYPOINTS:
        return
    height, width = (side * HEATMAP_STRIDE for side in output.shape[2:])
    if (height, width) == (image.height, image.width):
        named = output.name == "heatmaps"
        why = f"{output.name} has {output.shape[1]} maps of a quarter of the input's size"
        yield Guess(
            "HRNet or ViTPose",
            "heatmap-pose",
            Evidence.NAMES if named else Evidence.SHAPES,
            f"names: heatmaps; {why}" if named else why,
            (IMAGENET,),
            1,
            ("person",),
        )


def _unnamed_simcc(facts: ModelFacts) -> Iterator[Guess]:
    """Rows of columns and rows of lines: so many for each pixel of the input."""
    width, height = facts.image.width, facts.image.height
    if any(len(output.shape) != 3 for output in facts.outputs) or not width or width == height:
        return
    for x, y in (facts.outputs, reversed(facts.outputs)):
        across, rest = divmod(x.shape[2], width)
        alike = x.shape[1] == y.shape[1] and y.shape[2] == across * height
        if across > 1 and not rest and alike:
            names = output_names({"simcc_x": x, "simcc_y": y})
            why = f"{x.shape[1]} rows of {across} values a pixel, across and down"
            yield _simcc(Evidence.SHAPES, why, names)


def _simcc(evidence: Evidence, why: str, options: dict[str, Any]) -> Guess:
    def check(_: Probe) -> Finding:
        return confirmed("as many values as the input has pixels, times a whole number")

    return Guess(
        "RTMPose",
        "simcc",
        evidence,
        why,
        (IMAGENET,),
        1,
        ("person",),
        options=options,
        size=(192, 256),
        confirm=check,
    )


def _movenet(output: str, why: str, values: int, usual: bool) -> Guess:
    """
    Args:
        values: of a keypoint, or of a person.
        usual: whether it has as many keypoints as MoveNet has.
    """

    def check(probe: Probe) -> Finding:
        if not within(probe.values(output).reshape(-1, values), 0, 1, slack=0.5):
            return contradicted("the keypoints are not in fractions of the image")
        if not usual:
            return open_question("MoveNet has 17 keypoints")
        return confirmed("keypoints in fractions of the image")

    return Guess(
        "MoveNet",
        "movenet",
        Evidence.SHAPES,
        why,
        (RAW,),
        1,
        ("person",),
        size=(192, 192) if values == KEYPOINT_VALUES else (256, 256),
        confirm=check,
    )
