"""Detectors whose graph ends with the suppression, and whose outputs have names of their own."""

from collections.abc import Iterator

from framemesh.modeling.decoders.listed import PADDLE_COLUMNS
from framemesh.modeling.manifest import Layout
from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    contradicted,
    open_question,
)
from framemesh.modeling.recognition.preparation import (
    IMAGENET,
    LETTERBOX,
    RAW,
    UNIT,
    Preparation,
)
from framemesh.modeling.recognition.probe import Probe

TF_OUTPUTS = {"detection_boxes", "detection_classes", "detection_scores"}
EFFICIENT_NMS = {"num_dets", "det_boxes", "det_scores", "det_classes"}


def listed(facts: ModelFacts) -> Iterator[Guess]:
    there = facts.output_names
    names = set(there)
    if names >= TF_OUTPUTS and facts.image.layout is Layout.NHWC:
        yield _named("TensorFlow object detection", "tf-detection", TF_OUTPUTS, RAW)
    if names == EFFICIENT_NMS:
        # YOLOs call their input "images"; other detectors that end so have other customs.
        yolo = facts.image.tensor.name == "images"
        prepared = (LETTERBOX,) if yolo else (LETTERBOX, UNIT, IMAGENET)
        yield _named("a graph with EfficientNMS", "efficient-nms", EFFICIENT_NMS, *prepared)
    rows = [output for output in facts.outputs if output.shape[-1:] == (PADDLE_COLUMNS,)]
    if "scale_factor" in facts.input_names and len(rows) == 1:
        yield Guess(
            "PaddleDetection",
            "paddle",
            Evidence.NAMES,
            f"names: scale_factor goes in; {rows[0].name} has rows of {PADDLE_COLUMNS} values",
            (UNIT, IMAGENET),
        )
    if _is_torchvision(facts):
        yield _torchvision(there["labels"].name)


def _named(family: str, decoder: str, names: set[str], *preparations: Preparation) -> Guess:
    why = "names: " + ", ".join(sorted(names))
    return Guess(family, decoder, Evidence.NAMES, why, preparations)


def _is_torchvision(facts: ModelFacts) -> bool:
    there = facts.output_names
    return (
        {"boxes", "labels", "scores"} <= set(there)
        and len(there["boxes"].shape) == 2
        and there["labels"].datatype == "INT64"
        and len(facts.declared.inputs) == 1
    )


def _torchvision(labels: str) -> Guess:
    def check(probe: Probe) -> Finding:
        classes = probe.outputs[labels]
        if (classes == 0).any():
            return contradicted("a detection has class 0, which is the background in torchvision")
        return open_question("classes from 1")

    return Guess(
        "torchvision's Faster or Mask R-CNN, RetinaNet, FCOS or SSD",
        "torchvision",
        Evidence.NAMES,
        "names: boxes, labels and scores, without a batch",
        (UNIT,),
        size=(800, 800),
        confirm=check,
    )
