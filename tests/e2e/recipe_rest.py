"""Models of the recipe that tell of whole pictures, or of places, and DETR."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from framemesh.core.detection import RasterKind
from framemesh.modeling.manifest import Activation, Color, DecoderSpec, DType, InputSpec, Layout
from tests.e2e.recipe_detectors import NORMALIZED, PLAIN, file_of
from tests.model_families.families import family
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import Values
from tests.model_families.reading import Plane, Reading, Reference
from tests.model_families.vectors import classes, softmax

SMALL = replace(PLAIN, width=224, height=224)
TORCH = replace(NORMALIZED, name="input", width=224, height=224)
SINGLE = 0.01
"""Score of a class that is told."""

BORROWED: Mapping[str, tuple[str, InputSpec, int]] = {
    "s15-deeplab-torch": ("deeplab", replace(TORCH, width=520, height=520), 21),
    "s16-unet-medical": (
        "unet",
        InputSpec("input", 256, 256, color=Color.GRAY, scale=1 / 255),
        2,
    ),
    "s17c-multilabel": ("multi-label", TORCH, 5),
    "s19-anomalib": ("anomalib", replace(PLAIN, name="input", width=256, height=256), 1),
    "s20-embedding": (
        "embedding",
        InputSpec("input.1", 112, 112, scale=2 / 255, mean=(1.0, 1.0, 1.0)),
        1,
    ),
    "s23-depth": ("depth", replace(PLAIN, name="pixel_values", width=518, height=518), 1),
    "s27-rtmpose-simcc": ("simcc", InputSpec("input", 192, 256), 1),
}
"""Files with the outputs of a family of tests/model_families: its name, the input, and the number
of labels."""


def rest(models: Path) -> dict[str, FamilyModel]:
    borrowed = {
        case: replace(family(name), file=file_of(models, case), input=spec, labels=_numbers(labels))
        for case, (name, spec, labels) in BORROWED.items()
    }
    return {**borrowed, **_classifiers(models), **_others(models)}


def _numbers(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


def _classifiers(models: Path) -> dict[str, FamilyModel]:
    probabilities = DecoderSpec("classification", SINGLE, activation=Activation.NONE)
    logits = DecoderSpec("classification", SINGLE, activation=Activation.SOFTMAX)
    labels = DecoderSpec("multi-label", SINGLE, activation=Activation.NONE)
    head = DecoderSpec("classification", SINGLE, output="gender")
    keras = InputSpec(
        "keras_tensor", 224, 224, layout=Layout.NHWC, scale=2 / 255, mean=(1.0, 1.0, 1.0)
    )
    half = replace(SMALL, name="input", dtype=DType.FLOAT16)
    whole = InputSpec("image", 224, 224, dtype=DType.UINT8)
    faces = replace(TORCH, width=96, height=96)
    found = {
        case: FamilyModel(
            file_of(models, case), spec, decoder, _told(output, decoder), labels=_numbers(count)
        )
        for case, spec, decoder, output, count in (
            ("s06-yolo-cls", SMALL, probabilities, "output0", 1000),
            ("s17-keras-softmax", keras, probabilities, "predictions", 1000),
            ("s17b-torch-logits", TORCH, logits, "output", 1000),
            ("s17d-multilabel-sigmoid", TORCH, labels, "probs", 5),
            ("s17e-two-heads", faces, head, "gender", 2),
            ("s17f-binary-one-output", TORCH, probabilities, "prob", 1),
            ("s18b-classifier-fp16", half, logits, "output", 10),
            ("s24-fixed-batch4", SMALL, logits, "output", 10),
            ("s25-uint8-nchw", whole, logits, "output", 10),
        )
    }
    found["s24-fixed-batch4"] = replace(found["s24-fixed-batch4"], batch=4)
    return found


def _told(output: str, decoder: DecoderSpec) -> Reference:
    softmaxed = decoder.activation in (Activation.SOFTMAX, Activation.AUTO)
    return lambda answers: classes(
        softmax(answers[output]) if softmaxed else answers[output], SINGLE
    )


def _others(models: Path) -> dict[str, FamilyModel]:
    return {
        "s10-hf-detr": FamilyModel(
            file_of(models, "s10-hf-detr"),
            replace(NORMALIZED, name="pixel_values", width=800, height=800),
            DecoderSpec("detr", 0.5),
            _detr,
            labels=_numbers(91),
            second_inputs={"pixel_mask": np.ones((1, 800, 800), np.int64)},
        ),
        "s15b-deeplab-tf": FamilyModel(
            file_of(models, "s15b-deeplab-tf"),
            InputSpec("ImageTensor:0", 513, 513, layout=Layout.NHWC, dtype=DType.UINT8),
            DecoderSpec("semantic"),
            _predictions,
            labels=_numbers(21),
        ),
    }


def _predictions(answers: Mapping[str, Values]) -> list[Reading]:
    return [Reading(0, 1.0, plane=Plane(RasterKind.CLASSES, answers["SemanticPredictions:0"]))]


def _detr(answers: Mapping[str, Values]) -> list[Reading]:
    """Of an input of 800 x 800."""
    found: list[Reading] = []
    for logits, box in zip(answers["logits"], answers["pred_boxes"], strict=True):
        scores = softmax(logits)[:-1]
        x, y, width, height = (800 * float(side) for side in box)
        if scores.max() >= 0.5:
            corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            found.append(Reading(int(scores.argmax()), float(scores.max()), corners))
    return found
