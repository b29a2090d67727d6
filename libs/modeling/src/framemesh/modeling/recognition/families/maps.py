"""A value for each place: classes, anomalies, depth."""

from collections.abc import Iterator
from dataclasses import replace

from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.families.people import heat_maps
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    open_question,
)
from framemesh.modeling.recognition.image_input import ImageInput
from framemesh.modeling.recognition.preparation import (
    IMAGENET,
    RAW,
    SIGNED_BGR,
    UNKNOWN,
    Preparation,
)
from framemesh.modeling.recognition.probe import Probe, within
from framemesh.modeling.signature import OPEN, Tensor

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
    if "predicted_depth" in names:
        side = facts.image.width
        by_custom = (IMAGENET,) if side and side % DINO_PATCH == 0 else UNKNOWN
        yield _depth(Evidence.NAMES, "names: predicted_depth", by_custom)
    elif "SemanticPredictions" in names:
        yield _semantic(there["SemanticPredictions"], "TensorFlow's DeepLab", RAW)
    elif "out" in names and names <= {"out", "aux"} and there["out"].shape[1:2] == (VOC_CLASSES,):
        yield _semantic(there["out"], "torchvision's segmentation", IMAGENET)
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
            yield _text_map(output.name, why)
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


def _text_map(output: str, why: str) -> Guess:
    """One map that is high where text is (DB)."""

    def check(probe: Probe) -> Finding:
        activation = "none" if within(probe.values(output), 0, 1) else "sigmoid"
        return open_question("how likely each place is text", activation=activation)

    return Guess(
        "DB",
        "db-text",
        Evidence.SHAPES,
        why,
        (SIGNED_BGR, *UNKNOWN),
        1,
        ("text",),
        size=(736, 736),
        confirm=check,
    )


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
