"""Models that put out a value for each place, and their answers read as their authors do it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from framemesh.core.detection import RasterKind
from framemesh.modeling.manifest import (
    Activation,
    Color,
    DecoderSpec,
    DType,
    Fit,
    InputSpec,
    Layout,
)
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import FamilyGraph, Values
from tests.model_families.planted import LABELS
from tests.model_families.reading import Plane, Reading

WIDTH, HEIGHT = 120, 96
INPUT = InputSpec("input", WIDTH, HEIGHT, scale=1 / 255)
NORMALIZED = replace(INPUT, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))

REGIONS = ((1, (0.1, 0.2, 0.45, 0.9)), (2, (0.35, 0.05, 0.95, 0.4)))
"""Class, and left, top, right and bottom in fractions of the input; the later lies on top."""


def _classes(width: int, height: int) -> Values:
    """[height, width] of the numbers of the planted classes."""
    classes = np.zeros((height, width))
    for number, box in REGIONS:
        left, top, right, bottom = np.rint(np.multiply(box, [width, height] * 2)).astype(int)
        classes[top:bottom, left:right] = number
    return classes


def _slope(width: int, height: int) -> Values:
    """[height, width], 0 to 1: another value at every place."""
    y, x = np.mgrid[:height, :width]
    return np.asarray((x / width + 2 * y / height) / 3)


def _of_classes(classes: Values) -> list[Reading]:
    return [Reading(0, 1.0, plane=Plane(RasterKind.CLASSES, classes))]


def deeplab(width: int, height: int) -> FamilyModel:
    """As torchvision exports it: the scores `out`, and `aux`, which only training needs.

    On a bright picture the class of the last region loses a part of it.
    """
    spec = replace(NORMALIZED, width=width, height=height)
    scores, slopes = np.zeros((2, 1, len(LABELS), height, width))
    for number in range(len(LABELS)):
        scores[0, number] = np.where(_classes(width, height) == number, 4.0, -1.0)
    slopes[0, 0] = 40 * _slope(width, height)
    graph = FamilyGraph.of(spec)
    graph.output("out", scores, slopes)
    graph.output("aux", -scores)
    decoder = DecoderSpec("semantic", output="out")
    return FamilyModel(
        graph.save(), spec, decoder, lambda answers: _of_classes(answers["out"].argmax(axis=0))
    )


def segments_in_letterbox() -> FamilyModel:
    """The numbers of classes, of pictures with bars beside them."""
    spec = replace(INPUT, fit=Fit.LETTERBOX)
    graph = FamilyGraph.of(spec)
    graph.output("classes", _classes(WIDTH, HEIGHT)[np.newaxis], dtype=np.int64)
    return FamilyModel(
        graph.save(),
        spec,
        DecoderSpec("semantic"),
        lambda answers: _of_classes(answers["classes"]),
    )


def unet() -> FamilyModel:
    """One map of logits, of grey pictures."""
    spec = replace(INPUT, color=Color.GRAY)
    logits = np.where(_classes(WIDTH, HEIGHT) == 1, 2.0, -3.0)
    slopes = 20 * _slope(WIDTH, HEIGHT)
    graph = FamilyGraph.of(spec)
    graph.output("output", logits[np.newaxis, np.newaxis], slopes[np.newaxis, np.newaxis])
    decoder = DecoderSpec("semantic", 0.7, activation=Activation.SIGMOID)
    labels = ("background", "nucleus")
    return FamilyModel(graph.save(), spec, decoder, _unet, labels=labels)


def _unet(answers: Mapping[str, Values]) -> list[Reading]:
    probabilities = 1 / (1 + np.exp(-answers["output"][0].astype(np.float64)))
    return _of_classes((probabilities >= 0.7).astype(int))


def anomalib() -> FamilyModel:
    """Version 2, with all its outputs."""
    unusual = 0.15 + 0.75 * (_classes(WIDTH, HEIGHT) == 1) * _slope(WIDTH, HEIGHT)
    shape = (1, 1, HEIGHT, WIDTH)
    graph = FamilyGraph.of(INPUT)
    graph.output("pred_score", np.array([[0.6]]), np.array([[0.2]]))
    graph.output("pred_label", np.array([[1]]), dtype=np.bool_)
    graph.output("anomaly_map", unusual.reshape(shape), 0.1 * np.ones(shape))
    graph.output("pred_mask", (unusual > 0.5).reshape(shape), dtype=np.bool_)
    decoder = DecoderSpec("anomaly")
    return FamilyModel(graph.save(), INPUT, decoder, _anomalib, labels=("anomaly",))


def _anomalib(answers: Mapping[str, Values]) -> list[Reading]:
    plane = Plane(RasterKind.ANOMALY, answers["anomaly_map"][0])
    return [Reading(0, float(answers["pred_score"][0]), plane=plane)]


LOW, HIGH = 8.0, 40.0
"""The scale of the old anomalib's map, which its threshold is told in."""


def old_anomalib() -> FamilyModel:
    """Version 1: one map of distances, of which the greatest is the score."""
    unusual = 5 + 30 * (_classes(WIDTH, HEIGHT) == 2) * _slope(WIDTH, HEIGHT)
    graph = FamilyGraph.of(NORMALIZED)
    graph.output("output", unusual[np.newaxis, np.newaxis], 10 * np.ones((1, 1, 1, 1)))
    decoder = DecoderSpec("anomaly", 0.1, low=LOW, high=HIGH)
    return FamilyModel(graph.save(), NORMALIZED, decoder, _old_anomalib, labels=("anomaly",))


def _old_anomalib(answers: Mapping[str, Values]) -> list[Reading]:
    values = answers["output"][0]
    score = (float(values.max()) - LOW) / (HIGH - LOW)
    return [Reading(0, score, plane=Plane(RasterKind.ANOMALY, values, LOW, HIGH))]


def depth(width: int, height: int) -> FamilyModel:
    """In a unit of its own; NHWC, as TensorFlow has it."""
    spec = replace(INPUT, width=width, height=height, layout=Layout.NHWC, dtype=DType.FLOAT16)
    values = 3 + 40 * _slope(width, height)
    graph = FamilyGraph.of(spec)
    graph.output("predicted_depth", values[np.newaxis], 5 * values[np.newaxis])
    return FamilyModel(graph.save(), spec, DecoderSpec("depth"), _depth, labels=("depth",))


def _depth(answers: Mapping[str, Values]) -> list[Reading]:
    values = answers["predicted_depth"]
    scale = float(values.min()), float(values.max())
    return [Reading(0, 1.0, plane=Plane(RasterKind.DEPTH, values, *scale))]


MODELS: Mapping[str, Callable[[], FamilyModel]] = {
    "anomalib": anomalib,
    "anomalib-1": old_anomalib,
    "deeplab": lambda: deeplab(WIDTH, HEIGHT),
    "deeplab-finer-than-a-raster": lambda: deeplab(400, 320),
    "depth": lambda: depth(WIDTH, HEIGHT),
    "depth-finer-than-a-raster": lambda: depth(400, 320),
    "segments-in-letterbox": segments_in_letterbox,
    "unet": unet,
}
