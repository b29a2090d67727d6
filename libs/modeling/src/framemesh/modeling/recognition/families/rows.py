"""Detectors with one output of rows, one for each thing."""

from collections.abc import Iterator

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
from framemesh.modeling.recognition.preparation import LETTERBOX, RAW, RAW_BGR, UNIT, UNKNOWN
from framemesh.modeling.recognition.probe import Probe, whole, within


def rows(facts: ModelFacts) -> Iterator[Guess]:
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
        found = probe.values(output)
        if found.ndim != 2 or not found.size:
            return open_question("the image gave no row to look at: try --image with objects")
        if (
            found[:, 0].any()
            or found[:, 1:5].max() <= PIXELS
            or (found[:, 3:5] < found[:, 1:3]).any()
        ):
            return contradicted("no rows of an image's number and corners in pixels")
        if not within(found[:, score], 0, 1) or not whole(found[:, class_]):
            return contradicted(f"columns {score + 1} and {class_ + 1} are no score and class")
        if whole(found[:, score]):
            return open_question("scores and classes are not to be told apart on this image")
        return confirmed(f"scores in column {score + 1}, classes in column {class_ + 1}")

    return check


def _detection_output(output: str) -> Check:
    def check(probe: Probe) -> Finding:
        found = probe.outputs[output].reshape(-1, 7).astype("float32")
        used = found[(found[:, 0] == 0) & (found[:, 2] > 0)]
        if not used.size:
            return open_question("the image gave no row to look at: try --image with objects")
        fits = whole(used[:, 1]) and within(used[:, 2], 0, 1) and within(used[:, 3:], 0, 1, 0.5)
        if fits and not (used[:, 5:] < used[:, 3:5]).any():
            return confirmed("rows of image, class, score and corners in fractions")
        return contradicted("no rows of image, class, score and corners in fractions")

    return check
