"""Detectors that list boxes, classes and scores under names that tell nothing: told by shapes, by
types and, where these are alike, by values."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from framemesh.modeling.manifest import Layout
from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.families.answers import PIXELS
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    confirmed,
    contradicted,
    open_question,
)
from framemesh.modeling.recognition.known_names import output_names
from framemesh.modeling.recognition.preparation import IMAGENET, LETTERBOX, RAW, UNIT
from framemesh.modeling.recognition.probe import Probe, whole, within
from framemesh.modeling.signature import FLOATS, OPEN, Tensor

KNOWN = ({"boxes", "labels", "scores"}, {"detection_boxes"}, {"det_boxes"}, {"boxes", "scores"})
"""Names of outputs of files that other recognisers tell."""


@dataclass(frozen=True, slots=True)
class _Lists:
    """One box for each of so many things, and what else has as many rows."""

    boxes: Tensor
    floats: tuple[Tensor, ...]
    integers: tuple[Tensor, ...]
    counts: tuple[Tensor, ...]
    """One number for each image."""


def unnamed_lists(facts: ModelFacts) -> Iterator[Guess]:
    names = set(facts.output_names)
    if any(known <= names for known in KNOWN):
        return
    for boxes in facts.outputs:
        if len(boxes.shape) in (2, 3) and boxes.shape[-1] == 4:
            yield from _guesses(facts, _lists(facts.outputs, boxes))


def _lists(outputs: tuple[Tensor, ...], boxes: Tensor) -> _Lists:
    beside = [output for output in outputs if output.shape == boxes.shape[:-1]]
    return _Lists(
        boxes,
        tuple(output for output in beside if output.datatype in FLOATS),
        tuple(output for output in beside if output.datatype not in FLOATS),
        tuple(
            output
            for output in outputs
            if len(output.shape) in (1, 2) and set(output.shape[1:]) <= {1} and output not in beside
        ),
    )


def _guesses(facts: ModelFacts, lists: _Lists) -> Iterator[Guess]:
    outputs, batched = len(facts.outputs), len(lists.boxes.shape) == 3
    one_of_each = len(lists.floats) == len(lists.integers) == 1
    if "orig_target_sizes" in facts.input_names and one_of_each and outputs == 3:
        yield _rt_detr(facts, lists)
    elif one_of_each and batched and len(lists.counts) == 1 and outputs == 4:
        yield _efficient_nms(lists)
    elif one_of_each and not batched and lists.boxes.shape[0] == OPEN:
        yield from _torchvision(facts, lists)
    elif batched and len(lists.floats) > 1 and facts.image.layout is Layout.NHWC:
        yield _tensorflow(lists)


def _rt_detr(facts: ModelFacts, lists: _Lists) -> Guess:
    labels = next(each for each in facts.declared.outputs if each.name == lists.integers[0].name)
    found = {"labels": labels, "boxes": lists.boxes, "scores": lists.floats[0]}
    # Of an open number of queries, the decoder asks for it.
    first = {"first_class": 0} if OPEN in labels.shape[1:] else {}
    return Guess(
        "RT-DETR, D-FINE or DEIM",
        "rt-detr",
        Evidence.NAMES,
        "names: orig_target_sizes goes in; boxes, classes and scores come out",
        (UNIT,),
        options={**first, **output_names(found)},
        confirm=lambda probe: _listed(probe, lists.boxes, lists.floats[0], lists.integers[0]),
    )


def _efficient_nms(lists: _Lists) -> Guess:
    (classes,), (scores,), (count,) = lists.integers, lists.floats, lists.counts
    found = {"num_dets": count, "det_boxes": lists.boxes, "det_scores": scores}
    return Guess(
        "a graph with EfficientNMS",
        "efficient-nms",
        Evidence.SHAPES,
        "a count, boxes, scores and whole numbers of one length",
        (LETTERBOX, UNIT, IMAGENET),
        options=output_names({**found, "det_classes": classes}),
        confirm=lambda probe: _listed(probe, lists.boxes, scores, classes, lists.counts),
    )


def _torchvision(facts: ModelFacts, lists: _Lists) -> Iterator[Guess]:
    masks = [each for each in facts.outputs if len(each.shape) == 4 and each.shape[1] == 1]
    if len(facts.outputs) != 3 + len(masks) or len(masks) > 1:
        return
    found = {"boxes": lists.boxes, "labels": lists.integers[0], "scores": lists.floats[0]}
    if masks:
        found["masks"] = masks[0]

    def check(probe: Probe) -> Finding:
        usual = _listed(probe, lists.boxes, lists.floats[0], lists.integers[0])
        if (probe.outputs[lists.integers[0].name] == 0).any():
            return contradicted("a detection has class 0, which is the background in torchvision")
        if usual.verdict == "confirmed":
            return open_question("whether classes begin with 1, as torchvision's, is not told")
        return usual

    yield Guess(
        "torchvision's Faster or Mask R-CNN, RetinaNet, FCOS or SSD",
        "torchvision",
        Evidence.SHAPES,
        "lists of boxes, whole numbers and scores, without a batch",
        (UNIT,),
        options=output_names(found),
        size=(800, 800),
        confirm=check,
    )


def _tensorflow(lists: _Lists) -> Guess:
    """Which of its lists are classes is told by the values alone."""

    def check(probe: Probe) -> Finding:
        values = {each: probe.values(each.name) for each in lists.floats}
        scores = [
            each for each, found in values.items() if within(found, 0, 1) and not whole(found)
        ]
        # Numbers of anchors are whole as well, and begin with 0.
        classes = [each for each, found in values.items() if whole(found) and found.min() >= 1]
        if len(scores) != 1 or len(classes) != 1:
            return open_question("which outputs are scores and classes is not to be told")
        found = {
            "detection_boxes": lists.boxes,
            "detection_scores": scores[0],
            "detection_classes": classes[0],
        }
        if len(lists.counts) == 1:
            found["num_detections"] = lists.counts[0]
        usual = _listed(probe, lists.boxes, scores[0], classes[0], lists.counts[:1], pixels=False)
        if usual.verdict != "confirmed":
            return usual
        return confirmed(usual.why, **output_names(found))

    return Guess(
        "TensorFlow object detection",
        "tf-detection",
        Evidence.SHAPES,
        "boxes and lists of one length, channels last",
        (RAW,),
        confirm=check,
    )


def _listed(
    probe: Probe,
    boxes: Tensor,
    scores: Tensor,
    classes: Tensor,
    counts: tuple[Tensor, ...] = (),
    *,
    pixels: bool = True,
) -> Finding:
    """Whether the lists are boxes, scores and numbers of classes, as long as the count says."""
    sure = probe.values(scores.name).reshape(-1)
    used = np.flatnonzero(sure > 0)
    if counts:
        used = used[used < probe.values(counts[0].name).reshape(-1)[0]]
    if not used.size:
        return open_question("the image gave no box to look at: try --image with objects")
    if not within(sure, 0, 1) or not whole(probe.values(classes.name)):
        return contradicted("no list of scores and one of classes")
    corners = probe.values(boxes.name).reshape(-1, 4)[used]
    in_pixels = bool(np.abs(corners).max() > PIXELS)
    if (corners[:, 2:] <= corners[:, :2]).any() or in_pixels is not pixels:
        return contradicted(f"no corners of boxes in {'pixels' if pixels else 'fractions'}")
    return confirmed("lists of boxes, of scores between 0 and 1 and of classes")
