"""Models that list one box for each thing, and their answers read as their authors do it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from framemesh.modeling.manifest import Color, DecoderSpec, DType, Fit, InputSpec, Layout
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import FamilyGraph, Values
from tests.model_families.planted import PLANTED
from tests.model_families.reading import Reading, four

WIDTH, HEIGHT = 160, 128
STRETCHED = InputSpec("image", WIDTH, HEIGHT, scale=1 / 255)
LETTERBOXED = replace(STRETCHED, fit=Fit.LETTERBOX)
NORMALIZED = replace(STRETCHED, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
BYTES = InputSpec("image", WIDTH, HEIGHT, layout=Layout.NHWC, dtype=DType.UINT8)
WHOLE_RANGE = InputSpec("image", WIDTH, HEIGHT, color=Color.BGR, mean=(104.0, 117.0, 123.0))
THRESHOLD = 0.3
ROWS = 12
"""Of models that fill up their lists."""

PIXELS = np.array([WIDTH, HEIGHT, WIDTH, HEIGHT], np.float32)
CORNERS = np.array([planted.box for planted in PLANTED], np.float32)
SCORES = np.array([planted.score for planted in PLANTED], np.float32)
SLOPES = np.array([planted.slope for planted in PLANTED], np.float32)
NUMBERS = np.array([planted.class_id for planted in PLANTED], np.float32)


def _filled(values: Values, rest: float = 0) -> Values:
    """[1, ROWS, ...]: the values of things, then the same value for all that is none."""
    filled = np.full((1, ROWS, *values.shape[1:]), rest, np.float32)
    filled[0, : len(values)] = values
    return filled


def _rows(*columns: Values) -> Values:
    """[things, columns]."""
    return np.column_stack(columns).astype(np.float32)


def _found(class_id: float, score: float, pixels: Values) -> Reading:
    return Reading(int(class_id), float(score), four(pixels))


def torchvision() -> FamilyModel:
    graph = FamilyGraph.of(STRETCHED)
    graph.output("boxes", CORNERS * PIXELS, declared=["n", 4])
    graph.output("labels", NUMBERS + 1, dtype=np.int64, declared=["n"])
    graph.output("scores", SCORES, SLOPES, declared=["n"])
    decoder = DecoderSpec("torchvision", THRESHOLD)
    return FamilyModel(graph.save(), STRETCHED, decoder, _torchvision, flat=True)


def _torchvision(answers: Mapping[str, Values]) -> list[Reading]:
    found: list[Reading] = []
    for at, box in enumerate(answers["boxes"]):
        if answers["scores"][at] >= THRESHOLD:
            mask = _pasted(answers["masks"][at, 0], box) if "masks" in answers else None
            one = _found(answers["labels"][at] - 1, answers["scores"][at], box)
            found.append(replace(one, mask=mask))
    return found


def _pasted(mask: Values, box: Values) -> Values:
    """Whether each pixel of the input belongs to the thing."""
    if mask.shape == (HEIGHT, WIDTH):
        return np.asarray(mask >= 0.5)
    rows, columns = mask.shape
    left, top, right, bottom = four(box)
    inside = np.zeros((HEIGHT, WIDTH), bool)
    for y, x in np.ndindex(inside.shape):
        across, down = (x + 0.5 - left) / (right - left), (y + 0.5 - top) / (bottom - top)
        if 0 <= across < 1 and 0 <= down < 1:
            inside[y, x] = mask[int(down * rows), int(across * columns)] >= 0.5
    return inside


def mask_rcnn(width: int, height: int) -> FamilyModel:
    """With masks of this size, in which the left half of each box belongs to the thing."""
    masks = np.zeros((len(PLANTED), 1, height, width), np.float32)
    for mask, corners in zip(masks[:, 0], CORNERS, strict=True):
        if (width, height) == (WIDTH, HEIGHT):
            left, top, right, bottom = np.rint(corners * PIXELS).astype(int)
            mask[top:bottom, left : (left + right) // 2] = 1
        else:
            mask[:, : width // 2] = 1
    graph = FamilyGraph.of(STRETCHED)
    graph.output("boxes", CORNERS * PIXELS, declared=["n", 4])
    graph.output("labels", NUMBERS + 1, dtype=np.int64, declared=["n"])
    graph.output("scores", SCORES, SLOPES, declared=["n"])
    graph.output("masks", masks, declared=["n", 1, "height", "width"])
    decoder = DecoderSpec("torchvision", THRESHOLD)
    return FamilyModel(graph.save(), STRETCHED, decoder, _torchvision, flat=True)


def tf_detection() -> FamilyModel:
    graph = FamilyGraph.of(BYTES)
    graph.output("detection_boxes:0", _filled(CORNERS[:, [1, 0, 3, 2]]))
    graph.output("detection_classes:0", _filled(NUMBERS + 1, 1))
    graph.output("detection_multiclass_scores:0", np.ones((1, ROWS, 4)))
    graph.output("detection_scores:0", _filled(SCORES, 0.9), _filled(SLOPES))
    graph.output("num_detections:0", np.array([len(PLANTED)]))
    decoder = DecoderSpec("tf-detection", THRESHOLD)
    return FamilyModel(graph.save(), BYTES, decoder, _tf_detection)


def tf_masks() -> FamilyModel:
    """Mask R-CNN, with masks over the boxes: the left half of each belongs to the thing."""
    masks = np.zeros((1, ROWS, 32, 32), np.float32)
    masks[..., :16] = 1
    graph = FamilyGraph.of(BYTES)
    graph.output("detection_boxes", _filled(CORNERS[:, [1, 0, 3, 2]]))
    graph.output("detection_classes", _filled(NUMBERS + 1, 1))
    graph.output("detection_masks", masks)
    graph.output("detection_scores", _filled(SCORES), _filled(SLOPES))
    graph.output("num_detections", np.array([len(PLANTED)]))
    return FamilyModel(graph.save(), BYTES, DecoderSpec("tf-detection", THRESHOLD), _tf_masks)


def _tf_masks(answers: Mapping[str, Values]) -> list[Reading]:
    found = _tf_detection({f"{name}:0": values for name, values in answers.items()})
    sure = np.flatnonzero(answers["detection_scores"][: len(PLANTED)] >= THRESHOLD)
    return [
        replace(one, mask=_pasted(answers["detection_masks"][at], np.array(one.box)))
        for one, at in zip(found, sure, strict=True)
    ]


def _tf_detection(answers: Mapping[str, Values]) -> list[Reading]:
    found: list[Reading] = []
    for row in range(int(answers["num_detections:0"])):
        score = answers["detection_scores:0"][row]
        top, left, bottom, right = answers["detection_boxes:0"][row]
        if score >= THRESHOLD:
            corners = np.array([left, top, right, bottom]) * PIXELS
            found.append(_found(answers["detection_classes:0"][row] - 1, score, corners))
    return found


def efficient_nms() -> FamilyModel:
    graph = FamilyGraph.of(LETTERBOXED)
    graph.output("num_dets", np.array([[len(PLANTED)]]), dtype=np.int32)
    graph.output("det_boxes", _filled(CORNERS * PIXELS))
    graph.output("det_scores", _filled(SCORES, 0.9), _filled(SLOPES))
    graph.output("det_classes", _filled(NUMBERS), dtype=np.int32)
    decoder = DecoderSpec("efficient-nms", THRESHOLD)
    return FamilyModel(graph.save(), LETTERBOXED, decoder, _efficient_nms)


def _efficient_nms(answers: Mapping[str, Values]) -> list[Reading]:
    return [
        _found(answers["det_classes"][row], answers["det_scores"][row], answers["det_boxes"][row])
        for row in range(int(answers["num_dets"][0]))
        if answers["det_scores"][row] >= THRESHOLD
    ]


def yolov7_nms() -> FamilyModel:
    nothing = np.zeros(len(PLANTED))
    graph = FamilyGraph.of(LETTERBOXED)
    graph.output(
        "output",
        _rows(nothing, CORNERS * PIXELS, NUMBERS, SCORES),
        _rows(nothing, CORNERS * 0, nothing, SLOPES),
        declared=["Concatoutput_dim_0", 7],
    )
    decoder = DecoderSpec("yolov7-nms", THRESHOLD)
    return FamilyModel(graph.save(), LETTERBOXED, decoder, _yolov7_nms, flat=True)


def _yolov7_nms(answers: Mapping[str, Values]) -> list[Reading]:
    rows = answers["output"]
    return [_found(row[5], row[6], row[1:5]) for row in rows if row[6] >= THRESHOLD]


def paddle() -> FamilyModel:
    rows = _rows(NUMBERS, SCORES, CORNERS * PIXELS)
    slopes = _rows(NUMBERS * 0, SLOPES, CORNERS * 0)
    graph = FamilyGraph.of(NORMALIZED)
    graph.second_input("scale_factor", [1, 2], np.float32)
    graph.output("multiclass_nms3_0.tmp_0", rows, slopes, declared=["n", 6])
    graph.output("multiclass_nms3_0.tmp_2", np.array([len(rows)]), dtype=np.int32)
    return FamilyModel(
        graph.save(),
        NORMALIZED,
        DecoderSpec("paddle", THRESHOLD),
        _paddle,
        flat=True,
        second_inputs={"scale_factor": np.ones((1, 2), np.float32)},
    )


def _paddle(answers: Mapping[str, Values]) -> list[Reading]:
    rows = answers["multiclass_nms3_0.tmp_0"][: int(answers["multiclass_nms3_0.tmp_2"][0])]
    return [_found(row[0], row[1], row[2:]) for row in rows if row[1] >= THRESHOLD]


def detection_output() -> FamilyModel:
    nothing = np.zeros(len(PLANTED))
    rows = _filled(_rows(nothing, NUMBERS + 1, SCORES, CORNERS), 0.9)
    rows[0, len(PLANTED)] = -1, 0, 0, 0, 0, 0, 0
    slopes = _filled(_rows(nothing, nothing, SLOPES, CORNERS * 0))
    graph = FamilyGraph.of(WHOLE_RANGE)
    graph.output("detection_out", rows[np.newaxis], slopes[np.newaxis])
    decoder = DecoderSpec("detection-output", THRESHOLD)
    return FamilyModel(graph.save(), WHOLE_RANGE, decoder, _detection_output, flat=True)


def _detection_output(answers: Mapping[str, Values]) -> list[Reading]:
    found: list[Reading] = []
    for row in answers["detection_out"][0, 0]:
        if row[0] < 0:
            break
        if row[2] >= THRESHOLD:
            found.append(_found(row[1] - 1, row[2], row[3:] * PIXELS))
    return found


MODELS: Mapping[str, Callable[[], FamilyModel]] = {
    "detection-output": detection_output,
    "efficient-nms": efficient_nms,
    "mask-rcnn": lambda: mask_rcnn(28, 28),
    "mask-rcnn-of-the-whole-input": lambda: mask_rcnn(WIDTH, HEIGHT),
    "paddle": paddle,
    "tf-detection": tf_detection,
    "tf-detection-with-masks": tf_masks,
    "torchvision": torchvision,
    "yolov7-nms": yolov7_nms,
}
