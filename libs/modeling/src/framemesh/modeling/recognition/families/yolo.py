"""YOLO files without metadata: the shape gives the candidates, the values tell them apart."""

from collections.abc import Iterator

import numpy as np

from framemesh.modeling.recognition.coco import COCO
from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.families.answers import (
    PIXELS,
    Check,
    boxes_and_scores,
    channels_first,
    offsets_and_logs,
    places_first,
    suppressed_rows,
)
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    confirmed,
    contradicted,
    open_question,
)
from framemesh.modeling.recognition.preparation import LETTERBOX, UNIT, YOLOX, Preparation
from framemesh.modeling.recognition.probe import Probe, within
from framemesh.modeling.signature import OPEN, Tensor

MIN_PLACES = 500
"""Fewer have only the lists of a graph that ends with the suppression."""

STRIDES = (8, 16, 32)
ANGLES = (-np.pi / 4, 3 * np.pi / 4)
"""Of an oriented box, in radians."""


def yolo(facts: ModelFacts) -> Iterator[Guess]:
    maps = [output for output in facts.outputs if len(output.shape) == 3]
    prototypes = [output for output in facts.outputs if len(output.shape) == 4]
    if len(facts.outputs) == 1 and len(maps) == 1:
        (output,) = maps
        _, first, last = output.shape
        if last == 6 and 0 < first < MIN_PLACES:
            yield _shaped(output, "yolo-end2end", "rows of 6 values", suppressed_rows(output.name))
        elif MIN_PLACES > last > 5 and 0 < first < MIN_PLACES:
            yield _queries(output)
        elif last > 5 and first >= MIN_PLACES > last:
            yield from _places_first(facts, output)
        elif first > 4 and (last >= MIN_PLACES or last == OPEN):
            yield from _channels_first(output)
    elif len(facts.outputs) == 2 and len(maps) == len(prototypes) == 1:
        yield from _masks(maps[0], prototypes[0])


def _queries(output: Tensor) -> Guess:
    """Ultralytics' RT-DETR without its metadata."""
    classes = output.shape[2] - 4
    usual = boxes_and_scores(output.name)

    def check(probe: Probe) -> Finding:
        found = usual(probe)
        if found.verdict == "confirmed" and classes != len(COCO):
            return open_question("what lies between 0 and 1 may be something else as well")
        return found

    why = f"rows of 4 + {classes} values"
    return _shaped(output, "rt-detr-ultralytics", why, check, classes=classes, preparation=UNIT)


def _places_first(facts: ModelFacts, output: Tensor) -> Iterator[Guess]:
    _, places, values = output.shape
    classes, check = values - 5, places_first(output.name)
    cells = _cells(facts)
    shape = f"{places} places of 5 + {classes} values"
    if places != cells:
        yield _shaped(output, "yolov5", shape, check, classes=classes)
        return
    # One place a cell: YOLOX, decoded or not, and YOLOv6 have the same shape.
    raw = offsets_and_logs(output.name)
    yield _shaped(output, "yolox", shape, raw, classes=classes, preparation=YOLOX)

    def decoded(probe: Probe) -> Finding:
        found = check(probe)
        if found.verdict == "confirmed":
            return open_question("YOLOX that is decoded already has such values as well")
        return found

    yield Guess(
        "YOLOv6, or YOLOX with decoded boxes",
        "yolov5",
        Evidence.SHAPES,
        shape,
        (LETTERBOX, YOLOX),
        classes,
        confirm=decoded,
    )


def _cells(facts: ModelFacts) -> int:
    width, height = facts.image.width or 640, facts.image.height or 640
    return sum((width // stride) * (height // stride) for stride in STRIDES)


def _channels_first(output: Tensor) -> Iterator[Guess]:
    _, channels, _ = output.shape
    name = output.name
    yield _shaped(
        output,
        "yolov8",
        f"4 + {channels - 4} channels a place",
        _plain_boxes(name, channels - 4),
        classes=channels - 4,
    )
    if channels > 5:
        why = f"4 + {channels - 5} + 1 channels a place"
        yield _shaped(output, "yolov8-obb", why, _angles(name), classes=channels - 5)
    if channels >= 4 + 1 + 2 * 3:
        yield _shaped(
            output, "yolov8-pose", f"{channels} channels a place", _keypoints(name), classes=1
        )


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
        places = probe.values(output).T
        scores, angles = places[:, 4:-1], places[:, -1]
        if not within(scores, 0, 1) or not within(angles, *ANGLES):
            return contradicted("the last channel is no angle, or those before it are no scores")
        if within(angles, 0, 1) or places[:, :4].max() <= PIXELS:
            return open_question("the last channel may be a score as well")
        return confirmed("boxes in pixels, scores, and angles in the last channel")

    return check


def _keypoints(output: str) -> Check:
    """One class, then x, y in pixels and a visibility for each keypoint."""

    def check(probe: Probe) -> Finding:
        places = probe.values(output).T
        points = places[:, 5:]
        if points.shape[1] % 3 or places[:, :4].max() <= PIXELS:
            return contradicted("no triples of x, y and visibility")
        x, y, visible = points[:, 0::3], points[:, 1::3], points[:, 2::3]
        in_pixels = bool((x.max(axis=0) > PIXELS).all() and (y.max(axis=0) > PIXELS).all())
        if in_pixels and within(visible, 0, 1) and within(places[:, 4], 0, 1):
            return confirmed(
                f"{x.shape[1]} triples of x, y in pixels and a visibility", keypoints=x.shape[1]
            )
        return contradicted("no triples of x, y and visibility")

    return check


def _masks(output: Tensor, prototypes: Tensor) -> Iterator[Guess]:
    _, channels, places = output.shape
    _, coefficients, height, width = prototypes.shape
    classes = channels - 4 - coefficients
    if classes < 1 or places < MIN_PLACES or min(height, width) < 2 or coefficients < 2:
        return
    yield _shaped(
        output,
        "yolov8-seg",
        f"{coefficients} prototypes of masks, and 4 + {classes} + {coefficients} channels a place",
        channels_first(output.name, classes),
        classes=classes,
    )


def _shaped(
    output: Tensor,
    decoder: str,
    why: str,
    confirm: Check,
    *,
    classes: int = 0,
    preparation: Preparation = LETTERBOX,
) -> Guess:
    return Guess(
        decoder,
        decoder,
        Evidence.SHAPES,
        f"{output.name} has {why}",
        (preparation,),
        classes,
        confirm=confirm,
    )
