"""A value for each place: classes, anomalies, depth."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.families.people import heat_maps
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    confirmed,
    contradicted,
    open_question,
)
from framemesh.modeling.recognition.image_input import ImageInput
from framemesh.modeling.recognition.known_names import output_names
from framemesh.modeling.recognition.preparation import IMAGENET, RAW, UNIT, UNKNOWN, Preparation
from framemesh.modeling.recognition.probe import Probe, Values, within
from framemesh.modeling.signature import OPEN, Tensor

ANOMALIB = {"pred_score", "pred_label", "anomaly_map", "pred_mask"}

VOC_CLASSES = 21
"""Of torchvision's own weights; "out" alone may be the name of anything."""

MIN_MAP_SIDE = 16
"""A smaller grid may be anything."""

FORM_SLACK = 0.05

DINO_PATCH = 14
"""Depth Anything's input is a multiple of it, and takes ImageNet's mean; DPT's is 384."""


def maps(facts: ModelFacts) -> Iterator[Guess]:
    there = facts.output_names
    names = set(there)
    if names <= ANOMALIB and names & {"pred_score", "anomaly_map"}:
        yield Guess(
            "anomalib",
            "anomaly",
            Evidence.NAMES,
            "names: " + ", ".join(sorted(names)),
            (UNIT,),
            1,
            ("anomaly",),
            size=(256, 256),
        )
    elif "predicted_depth" in names:
        side = facts.image.width
        by_custom = (IMAGENET,) if side and side % DINO_PATCH == 0 else UNKNOWN
        yield _depth(Evidence.NAMES, "names: predicted_depth", by_custom)
    elif "SemanticPredictions" in names:
        yield _semantic(there["SemanticPredictions"], "TensorFlow's DeepLab", RAW)
    elif "out" in names and names <= {"out", "aux"} and there["out"].shape[1:2] == (VOC_CLASSES,):
        yield _semantic(there["out"], "torchvision's segmentation", IMAGENET)
    elif set(named := _anomalib(facts)) == ANOMALIB:
        yield _unnamed_anomalib(named)
    elif len(facts.outputs) == 1:
        yield from heat_maps(facts)
        yield from _unnamed(facts.outputs[0], facts.image)
    elif all(_is_map(output) for output in facts.outputs):
        yield from _heads(facts)


def _heads(facts: ModelFacts) -> Iterator[Guess]:
    """Of several maps, as a second head for training leaves one, one is read: torchvision's "out",
    or the one that the user names."""
    outs = [output for output in facts.outputs if output.name == "out"]
    for output in outs or facts.outputs:
        for guess in _unnamed(output, facts.image):
            yield replace(guess, options={**guess.options, "output": output.name})


def _anomalib(facts: ModelFacts) -> dict[str, Tensor]:
    """All four outputs, by anomalib's names, where each is told by its type and its shape."""
    found = {}
    for output in facts.outputs:
        is_score = len(output.shape) in (1, 2) and set(output.shape[1:]) <= {1}
        told = {("FP32", True): "pred_score", ("BOOL", True): "pred_label"}
        if _is_map(output) and output.shape[1] == 1:
            told = {("FP32", False): "anomaly_map", ("BOOL", False): "pred_mask"}
        found[told.get((output.datatype, is_score), output.name)] = output
    return found


def _unnamed_anomalib(named: dict[str, Tensor]) -> Guess:
    def check(probe: Probe) -> Finding:
        values = {name: probe.values(tensor.name) for name, tensor in named.items()}
        if not all(within(found, 0, 1) for found in values.values()):
            return contradicted("scores and maps do not lie between 0 and 1")
        mask, label = values["pred_mask"] > 0, values["pred_label"] > 0
        # Above the threshold, whatever it is, everything is unusual, and nothing below it.
        ordered = _splits(values["anomaly_map"], mask) and _splits(values["pred_score"], label)
        if ordered and (mask.any() and not mask.all()):
            return confirmed("the mask is where the map is over a threshold")
        return open_question("the mask does not tell that it is one of the map")

    return Guess(
        "anomalib",
        "anomaly",
        Evidence.SHAPES,
        "a score and a map, and whether each is unusual",
        (UNIT,),
        1,
        ("anomaly",),
        options=output_names({name: named[name] for name in ("pred_score", "anomaly_map")}),
        size=(256, 256),
        confirm=check,
    )


def _splits(values: Values, above: NDArray[np.bool_]) -> bool:
    """Whether all values above are greater than all others."""
    if not above.any() or above.all():
        return True
    return bool(values[above].min() >= values[~above].max())


def _semantic(output: Tensor, family: str, preparation: Preparation) -> Guess:
    return Guess(
        family,
        "semantic",
        Evidence.NAMES,
        f"names: {output.name}",
        (preparation,),
        max(0, output.shape[1]) if _is_map(output) else 0,
        size=(513, 513) if preparation is RAW else (520, 520),
    )


def _depth(evidence: Evidence, why: str, preparations: tuple[Preparation, ...]) -> Guess:
    return Guess(
        "depth",
        "depth",
        evidence,
        why,
        preparations,
        1,
        ("depth",),
        size=(518, 518),
    )


def _unnamed(output: Tensor, image: ImageInput) -> Iterator[Guess]:
    shape = output.shape
    if len(shape) == 4 and _is_map(output):
        classes = shape[1]
        why = f"{output.name} is a map of {classes} channels"
        if classes > 1:
            yield Guess("semantic", "semantic", Evidence.SHAPES, why, UNKNOWN, classes)
        else:
            yield _two_classes(output.name, why)
            labels = ("anomaly",)
            yield Guess("anomaly", "anomaly", Evidence.SHAPES, why, UNKNOWN, 1, labels)
            yield _depth(Evidence.SHAPES, why, UNKNOWN)
    elif len(shape) == 3 and min(shape[1:]) >= MIN_MAP_SIDE and _same_form(shape, image):
        why = f"{output.name} is a map"
        if output.datatype.startswith(("INT", "UINT")):
            yield Guess("semantic", "semantic", Evidence.SHAPES, why, UNKNOWN)
        else:
            yield _depth(Evidence.SHAPES, why, UNKNOWN)


def _two_classes(output: str, why: str) -> Guess:
    """One map that is high where something is."""

    def check(probe: Probe) -> Finding:
        values = probe.values(output)
        activation = "none" if within(values, 0, 1) else "sigmoid"
        return open_question("something, its anomaly or its depth", activation=activation)

    labels = ("background", "foreground")
    return Guess("semantic", "semantic", Evidence.SHAPES, why, UNKNOWN, 2, labels, confirm=check)


def _is_map(output: Tensor) -> bool:
    if len(output.shape) != 4 or output.shape[1] < 1:
        return False
    return all(side == OPEN or side >= MIN_MAP_SIDE for side in output.shape[2:])


def _same_form(shape: tuple[int, ...], image: ImageInput) -> bool:
    """Whether its sides are in the ratio of the image's, as far as that is fixed."""
    if not image.width or not image.height:
        return True
    return abs(shape[2] * image.height - shape[1] * image.width) < FORM_SLACK * (
        shape[1] * image.width
    )
