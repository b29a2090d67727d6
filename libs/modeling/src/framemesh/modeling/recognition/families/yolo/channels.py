"""YOLOv8 and what follows it, without metadata: channels of places, with a box first.

What stands behind the box tells the task: scores, angles, keypoints or coefficients of masks.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from framemesh.modeling.recognition.coco import COCO
from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.families.answers import (
    PIXELS,
    Check,
    channels_first,
    of_places,
    places_first,
)
from framemesh.modeling.recognition.families.yolo.grids import anchored
from framemesh.modeling.recognition.families.yolo.shaped import shaped
from framemesh.modeling.recognition.guess import (
    Finding,
    Guess,
    confirmed,
    contradicted,
    open_question,
)
from framemesh.modeling.recognition.probe import Probe, within
from framemesh.modeling.signature import Tensor

MIN_PLACES = 500
"""Fewer have only the lists of a graph that ends with the suppression."""

POSED_CLASSES = range(1, 5)
"""How many classes a pose model may have: one in nearly all."""

MIN_KEYPOINTS = 2

ANGLES = (-np.pi / 4, 3 * np.pi / 4)
"""Of an oriented box, in radians."""


def turned_tasks(output: Tensor) -> Iterator[Guess]:
    """Of a table with places first: others have such tables as well, so that only angles and
    keypoints are sure."""
    for guess in channel_tasks(output):
        usual = _perhaps if guess.decoder == "yolov8" else _surely
        yield replace(guess, confirm=usual(guess.confirm))


def _surely(usual: Check) -> Check:
    def check(probe: Probe) -> Finding:
        found = usual(probe)
        return contradicted(found.why) if found.verdict == "open" else found

    return check


def _perhaps(usual: Check) -> Check:
    def check(probe: Probe) -> Finding:
        found = usual(probe)
        if found.verdict == "confirmed":
            return open_question("one of the scores may be whether there is anything")
        return found

    return check


def channel_tasks(output: Tensor) -> Iterator[Guess]:
    _, first, last = output.shape
    channels = last if 0 < last < first else first
    name = output.name
    yield shaped(
        output,
        "yolov8",
        f"4 + {channels - 4} channels a place",
        _plain_boxes(name, channels - 4),
        classes=channels - 4,
    )
    if channels > 5:
        why = f"4 + {channels - 5} + 1 channels a place"
        yield shaped(output, "yolov8-obb", why, _angles(name), classes=channels - 5)
    for classes in POSED_CLASSES:
        points, rest = divmod(channels - 4 - classes, 3)
        if points >= MIN_KEYPOINTS and not rest:
            why = f"4 + {classes} + 3 * {points} channels a place"
            check = _keypoints(name, classes)
            yield shaped(output, "yolov8-pose", why, check, classes=classes)


def _plain_boxes(output: str, classes: int) -> Check:
    usual = channels_first(output)

    def check(probe: Probe) -> Finding:
        found = usual(probe)
        if found.verdict == "confirmed" and classes != len(COCO):
            return open_question(
                f"{classes} scores, or {classes - 1} and an angle between 0 and 1: an image does "
                "not tell for sure"
            )
        return found

    return check


def _angles(output: str) -> Check:
    def check(probe: Probe) -> Finding:
        places = of_places(probe, output)
        scores, angles = places[:, 4:-1], places[:, -1]
        if not within(scores, 0, 1) or not within(angles, *ANGLES):
            return contradicted("the last channel is no angle, or those before it are no scores")
        if within(angles, 0, 1) or places[:, :4].max() <= PIXELS:
            return open_question("the last channel may be a score as well")
        return confirmed("boxes in pixels, scores, and angles in the last channel")

    return check


def _keypoints(output: str, classes: int) -> Check:
    """Scores of classes, then x, y in pixels and a visibility for each keypoint."""

    def check(probe: Probe) -> Finding:
        places = of_places(probe, output)
        points = places[:, 4 + classes :]
        if points.shape[1] % 3 or places[:, :4].max() <= PIXELS:
            return contradicted("no triples of x, y and visibility")
        x, y, visible = points[:, 0::3], points[:, 1::3], points[:, 2::3]
        in_pixels = bool((x.max(axis=0) > PIXELS).all() and (y.max(axis=0) > PIXELS).all())
        if in_pixels and within(visible, 0, 1) and within(places[:, 4 : 4 + classes], 0, 1):
            return confirmed(
                f"{x.shape[1]} triples of x, y in pixels and a visibility", keypoints=x.shape[1]
            )
        return contradicted("no triples of x, y and visibility")

    return check


def masked(facts: ModelFacts, output: Tensor, prototypes: Tensor) -> Iterator[Guess]:
    """A table with the coefficients of masks: of YOLOv8 and what follows it, or, where places come
    first, of YOLOv5 and v7."""
    _, first, last = output.shape
    _, coefficients, height, width = prototypes.shape
    turned = first > last
    channels, places = (last, first) if turned else (first, last)
    classes = channels - 4 - coefficients
    if classes < 1 or places < MIN_PLACES or min(height, width) < 2 or coefficients < 2:
        return
    why = f"{coefficients} prototypes of masks, and"
    of_v8 = channels_first(output.name, classes)
    if not turned:
        tail = f"4 + {classes} + {coefficients} channels a place"
        yield shaped(output, "yolov8-seg", f"{why} {tail}", of_v8, classes=classes)
        return
    tail = f"{channels} values of each of {places} places"
    if classes > 1:
        of_v5 = places_first(output.name, classes - 1)
        check = of_v5 if anchored(facts, places) else _perhaps(of_v5)
        yield shaped(output, "yolov5-seg", f"{why} {tail}", check, classes=classes - 1)
    if not anchored(facts, places):
        yield shaped(output, "yolov8-seg", f"{why} {tail}", _perhaps(of_v8), classes=classes)
