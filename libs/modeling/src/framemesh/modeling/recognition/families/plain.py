"""The plain forms of detectors: scores and boxes, heat maps, cells."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.families.detr import each_for_itself, last_is_nothing
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    confirmed,
    contradicted,
    open_question,
)
from framemesh.modeling.recognition.known_names import output_names
from framemesh.modeling.recognition.preparation import RAW, UNIT, UNIT_BGR, UNKNOWN
from framemesh.modeling.recognition.probe import Probe, sums_to_one, within
from framemesh.modeling.signature import OPEN, Tensor

MAX_FRACTION = 3.0
"""Of a box that reaches far beyond the image; in pixels, some always have more."""

DETRS = (
    ("detr", ("logits", "pred_boxes"), -1),
    ("rf-detr", ("labels", "dets"), 0),
    ("rt-detr-logits", ("logits", "pred_boxes"), 0),
)
"""Decoders, what they call scores and boxes, and how many classes are more than columns."""


def plain(facts: ModelFacts) -> Iterator[Guess]:
    there = facts.output_names
    if set(there) == {"heatmap", "boxes"} and len(there["heatmap"].shape) == 4:
        classes = max(0, there["heatmap"].shape[1])
        why = "names: heatmap and boxes"
        yield Guess("CenterNet", "centernet", Evidence.NAMES, why, UNKNOWN, classes)
    elif len(facts.outputs) == 2 and all(len(output.shape) == 4 for output in facts.outputs):
        yield from _centernet(*facts.outputs)
        yield from _centernet(*reversed(facts.outputs))
    yield from _pairs(facts)
    if len(facts.outputs) == 1 and len(facts.outputs[0].shape) == 4:
        (output,) = facts.outputs
        channels, height, width = output.shape[1:]
        image = facts.image
        if channels > 5 and (height * 16, width * 16) == (image.height, image.width):
            yield _fastestdet(output.name, channels - 5)


def _centernet(heatmap: Tensor, boxes: Tensor) -> Iterator[Guess]:
    """Of two maps whose names tell nothing."""
    if boxes.shape[1] != 4 or heatmap.shape[1] in (4, OPEN) or heatmap.shape[2:] != boxes.shape[2:]:
        return

    def check(probe: Probe) -> Finding:
        if not within(probe.values(heatmap.name), 0, 1):
            return contradicted(f"{heatmap.name} has values that are no probabilities")
        return open_question("whether only peaks have a value, and boxes are corners")

    yield Guess(
        "CenterNet",
        "centernet",
        Evidence.SHAPES,
        f"{heatmap.name} and 4 values a place, {boxes.name}",
        UNKNOWN,
        heatmap.shape[1],
        options=output_names({"heatmap": heatmap, "boxes": boxes}),
        confirm=check,
    )


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


def _pairs(facts: ModelFacts) -> Iterator[Guess]:
    """Scores and boxes of places: SSD, YOLO-NAS, or a DETR whose outputs have other names."""
    tables = [output for output in facts.outputs if len(output.shape) == 3]
    masks = [output for output in facts.outputs if len(output.shape) == 4]
    if len(tables) != 2 or len(masks) > 1 or len(facts.outputs) != 2 + len(masks):
        return
    # Of three classes and "no object", both have four columns.
    for scores, boxes in (tables, reversed(tables)):
        if boxes.shape[2] == 4:
            yield from _queries(scores, boxes, masks)
            if not masks:
                yield from _places(scores, boxes)


def _places(scores: Tensor, boxes: Tensor) -> Iterator[Guess]:
    """Probabilities of many places, and corners in fractions or in pixels."""

    def check(probe: Probe, *, pixels: bool) -> Finding:
        if not within(probe.values(scores.name), 0, 1):
            return contradicted("the scores are no probabilities")
        if bool(np.abs(probe.values(boxes.name)).max() > MAX_FRACTION) is not pixels:
            return contradicted(f"the boxes are not in {'pixels' if pixels else 'fractions'}")
        return open_question("corners or centres, an image does not tell for sure")

    for family, decoder, pixels in (("SSD", "ssd", False), ("YOLO-NAS", "yolo-nas", True)):
        yield Guess(
            family,
            decoder,
            Evidence.SHAPES,
            f"{scores.name} and boxes of 4 values a place",
            (UNIT, RAW) if pixels else UNKNOWN,
            max(0, scores.shape[2]),
            options=_ssd_names(scores, boxes) if decoder == "ssd" else {},
            confirm=partial(check, pixels=pixels),
        )


def _ssd_names(scores: Tensor, boxes: Tensor) -> dict[str, Any]:
    """The decoder tells them apart by their shapes, unless both have four columns."""
    return output_names({"scores": scores, "boxes": boxes}) if scores.shape[2] == 4 else {}


def _queries(scores: Tensor, boxes: Tensor, masks: list[Tensor]) -> Iterator[Guess]:
    for decoder, names, columns in DETRS[1:2] if masks else DETRS:
        found = dict(zip(names, (scores, boxes), strict=True))
        if masks:
            found["masks"] = masks[0]
        yield Guess(
            decoder,
            decoder,
            Evidence.SHAPES,
            f"{scores.name} and boxes of 4 values a place",
            UNKNOWN,
            max(0, scores.shape[2] + columns),
            options=output_names(found),
            confirm=partial(_are_queries, scores.name, boxes.name, decoder == "detr"),
        )


def _are_queries(scores: str, boxes: str, nothing_last: bool, probe: Probe) -> Finding:
    """
    Args:
        nothing_last: whether the last column says that a query found nothing.
    """
    if within(probe.values(scores), 0, 1):
        return contradicted("the scores are probabilities already")
    if not within(probe.values(boxes), 0, 1, slack=0.5):
        return contradicted("the boxes are not in fractions of the image")
    found = (last_is_nothing if nothing_last else each_for_itself)(probe, scores)
    if found.verdict == "contradicted":
        return found
    return open_question("softmax or sigmoid, an image does not tell for sure")
