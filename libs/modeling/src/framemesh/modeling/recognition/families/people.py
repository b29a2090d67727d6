"""Keypoints of one person: on a crop, or on a whole image."""

from collections.abc import Iterator

from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    confirmed,
    contradicted,
)
from framemesh.modeling.recognition.preparation import IMAGENET, RAW
from framemesh.modeling.recognition.probe import Probe, within

MOVENET_SHAPE = (1, 17, 3)
"""People, keypoints, and y, x and score of each."""


def people(facts: ModelFacts) -> Iterator[Guess]:
    if set(facts.output_names) == {"simcc_x", "simcc_y"}:
        yield Guess(
            "RTMPose",
            "simcc",
            Evidence.NAMES,
            "names: simcc_x and simcc_y",
            (IMAGENET,),
            1,
            ("person",),
            size=(192, 256),
        )
    if len(facts.outputs) == 1 and facts.outputs[0].shape[1:] == MOVENET_SHAPE:
        (output,) = facts.outputs

        def check(probe: Probe) -> Finding:
            if within(probe.values(output.name), 0, 1, slack=0.5):
                return confirmed("17 keypoints in fractions of the image")
            return contradicted("the keypoints are not in fractions of the image")

        yield Guess(
            "MoveNet",
            "movenet",
            Evidence.SHAPES,
            "17 keypoints of y, x and score",
            (RAW,),
            1,
            ("person",),
            size=(192, 192),
            confirm=check,
        )
