"""Detectors whose graph ends with the suppression, and whose outputs have names of their own."""

from collections.abc import Iterator

from framemesh.modeling.manifest import Layout
from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.families.answers import PIXELS, Check
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    confirmed,
    contradicted,
    open_question,
)
from framemesh.modeling.recognition.preparation import (
    IMAGENET,
    LETTERBOX,
    RAW,
    RAW_BGR,
    UNIT,
    UNKNOWN,
    Preparation,
)
from framemesh.modeling.recognition.probe import Probe, whole, within

TF_OUTPUTS = {"detection_boxes", "detection_classes", "detection_scores"}
EFFICIENT_NMS = {"num_dets", "det_boxes", "det_scores", "det_classes"}


def listed(facts: ModelFacts) -> Iterator[Guess]:
    there = facts.output_names
    names = set(there)
    if names >= TF_OUTPUTS and facts.image.layout is Layout.NHWC:
        yield _named("TensorFlow object detection", "tf-detection", TF_OUTPUTS, RAW)
    if names == EFFICIENT_NMS:
        yield _named("a graph with EfficientNMS", "efficient-nms", EFFICIENT_NMS, LETTERBOX)
    if "scale_factor" in facts.input_names:
        yield Guess(
            "PaddleDetection",
            "paddle",
            Evidence.NAMES,
            "names: scale_factor goes in",
            (UNIT, IMAGENET),
        )
    if _is_torchvision(facts):
        yield _torchvision(there["labels"].name)
    yield from _single(facts)


def _named(family: str, decoder: str, names: set[str], preparation: Preparation) -> Guess:
    why = "names: " + ", ".join(sorted(names))
    return Guess(family, decoder, Evidence.NAMES, why, (preparation,))


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


def _single(facts: ModelFacts) -> Iterator[Guess]:
    """One output of rows."""
    if len(facts.outputs) != 1:
        return
    (output,) = facts.outputs
    shape = output.shape
    if len(shape) == 4 and shape[-1] == 7 and shape[1] == 1:
        yield Guess(
            "SSD with DetectionOutput",
            "detection-output",
            Evidence.NAMES if output.name == "detection_out" else Evidence.SHAPES,
            "rows of 7 values in [1, 1, rows, 7]",
            (RAW_BGR, *(each for each in UNKNOWN if each is not RAW_BGR)),
            size=(300, 300),
            confirm=_detection_output(output.name),
        )
    if len(shape) != 2 or shape[-1] != 7:
        return
    yield from _seven_values(facts, output.name)


def _seven_values(facts: ModelFacts, output: str) -> Iterator[Guess]:
    whole_pixels = facts.image.tensor.datatype == "UINT8"
    why = f"{output} [rows, 7]"
    seven_nms = Guess(
        "YOLOv7 with the suppression in its graph",
        "yolov7-nms",
        Evidence.SHAPES,
        why,
        (LETTERBOX,),
        confirm=_seven(output, score=6, class_=5),
    )
    nas = Guess(
        "YOLO-NAS",
        "yolo-nas",
        Evidence.NAMES if output == "graph2_flat_predictions" else Evidence.SHAPES,
        why,
        (RAW,) if whole_pixels else (UNIT, RAW),
        confirm=_seven(output, score=5, class_=6),
    )
    # The likelier goes first: the first inference is run as it takes its input.
    yield from (nas, seven_nms) if whole_pixels else (seven_nms, nas)


def _seven(output: str, *, score: int, class_: int) -> Check:
    """[rows, 7]: image, x1, y1, x2, y2 in pixels, then score and class in one of two orders."""

    def check(probe: Probe) -> Finding:
        rows = probe.values(output)
        if rows.ndim != 2 or not rows.size:
            return open_question("the image gave no row to look at: try --image with objects")
        if rows[:, 0].any() or rows[:, 1:5].max() <= PIXELS or (rows[:, 3:5] < rows[:, 1:3]).any():
            return contradicted("no rows of an image's number and corners in pixels")
        if not within(rows[:, score], 0, 1) or not whole(rows[:, class_]):
            return contradicted(f"columns {score + 1} and {class_ + 1} are no score and class")
        if whole(rows[:, score]):
            return open_question("scores and classes are not to be told apart on this image")
        return confirmed(f"scores in column {score + 1}, classes in column {class_ + 1}")

    return check


def _detection_output(output: str) -> Check:
    def check(probe: Probe) -> Finding:
        rows = probe.outputs[output].reshape(-1, 7).astype("float32")
        used = rows[(rows[:, 0] == 0) & (rows[:, 2] > 0)]
        if not used.size:
            return open_question("the image gave no row to look at: try --image with objects")
        fits = whole(used[:, 1]) and within(used[:, 2], 0, 1) and within(used[:, 3:], 0, 1, 0.5)
        if fits and not (used[:, 5:] < used[:, 3:5]).any():
            return confirmed("rows of image, class, score and corners in fractions")
        return contradicted("no rows of image, class, score and corners in fractions")

    return check
