"""The DETR families: a fixed number of queries, each with a box and the scores of its classes."""

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
from framemesh.modeling.recognition.preparation import IMAGENET, UNIT, Preparation
from framemesh.modeling.recognition.probe import Probe, within
from framemesh.modeling.signature import OPEN, Tensor

NO_OBJECT_SHARE = 0.5
"""Of the queries; DETR says "no object" for nearly all of its 100."""


def detr(facts: ModelFacts) -> Iterator[Guess]:
    there = facts.output_names
    if {"dets", "labels"} <= set(there) and there["dets"].shape[-1:] == (4,):
        yield from _rf_detr(there["dets"], there["labels"])
    if {"labels", "boxes", "scores"} <= set(there) and "orig_target_sizes" in facts.input_names:
        yield _rt_detr(facts)
    if {"logits", "pred_boxes"} <= set(there):
        yield from _hugging_face(facts, there["logits"])


def _rt_detr(facts: ModelFacts) -> Guess:
    labels = next(each for each in facts.declared.outputs if each.name == "labels")
    return Guess(
        "RT-DETR, D-FINE or DEIM",
        "rt-detr",
        Evidence.NAMES,
        "names: orig_target_sizes goes in; labels, boxes and scores come out",
        (UNIT,),
        # Of an open number of queries, the decoder asks for it: torchvision has such lists too.
        options={"first_class": 0} if OPEN in labels.shape[1:] else {},
    )


def _rf_detr(boxes: Tensor, logits: Tensor) -> Iterator[Guess]:
    if len(boxes.shape) != 3 or len(logits.shape) != 3:
        return  # mmdetection calls [N, 5] and [N] so

    def check(probe: Probe) -> Finding:
        if not within(probe.values(boxes.name), 0, 1, slack=0.5):
            return contradicted("the boxes are not in fractions of the image")
        if within(probe.values(logits.name), 0, 1):
            return contradicted("the labels are probabilities, not logits")
        return confirmed("boxes in fractions and logits")

    yield Guess(
        "RF-DETR",
        "rf-detr",
        Evidence.NAMES,
        "names: dets and labels",
        (IMAGENET,),
        max(0, logits.shape[-1]),
        size=(560, 560),
        confirm=check,
    )


def _hugging_face(facts: ModelFacts, logits: Tensor) -> Iterator[Guess]:
    columns = max(0, logits.shape[-1])
    why = "names: logits and pred_boxes"
    yield Guess(
        "DETR of Hugging Face",
        "detr",
        Evidence.NAMES,
        why,
        (IMAGENET,),
        max(0, columns - 1),
        size=(800, 800),
        confirm=lambda probe: last_is_nothing(probe, logits.name),
    )
    yield Guess(
        "RT-DETR or D-FINE of Hugging Face",
        "rt-detr-logits",
        Evidence.NAMES,
        why,
        _sigmoid_preparations(facts),
        columns,
        confirm=lambda probe: each_for_itself(probe, logits.name),
    )


def _sigmoid_preparations(facts: ModelFacts) -> tuple[Preparation, ...]:
    """Deformable and conditional DETR take ImageNet's mean, and a mask of the padding if it was
    not left out; RT-DETR and D-FINE take neither, and 640 pixels."""
    if "pixel_mask" in facts.input_names:
        return (IMAGENET,)
    if (facts.image.width, facts.image.height) == (640, 640):
        return (UNIT,)
    return UNIT, IMAGENET


def last_is_nothing(probe: Probe, logits: str) -> Finding:
    """Whether most queries are sure of their last column, "no object"."""
    rows = probe.values(logits)
    if rows.ndim != 2:
        return contradicted("logits are no row a query")
    share = float((rows.argmax(axis=1) == rows.shape[1] - 1).mean())
    if share > NO_OBJECT_SHARE:
        return confirmed(f"{share:.0%} of the queries choose the last column, no object")
    return contradicted("most queries do not choose the last column, as no object would be")


def each_for_itself(probe: Probe, logits: str) -> Finding:
    """Whether most queries say no to each of their classes, as a sigmoid head does."""
    rows = probe.values(logits)
    if rows.ndim != 2 or within(rows, 0, 1):
        return contradicted("logits are no logits of one row a query")
    if last_is_nothing(probe, logits).verdict == "confirmed":
        return contradicted("the last column stands for no object")
    if float(np.median(rows.max(axis=1))) < 0:
        return confirmed("most queries say no to each class for itself")
    return open_question("most queries say yes to a class")
