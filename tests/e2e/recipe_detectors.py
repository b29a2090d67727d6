"""Detectors of the recipe, read by decoders of its author."""

import importlib.util
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from framemesh.modeling.manifest import (
    Anchor,
    Color,
    DecoderSpec,
    DType,
    Fit,
    InputSpec,
    Layout,
)
from tests.model_families.families import family
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import Values
from tests.model_families.reading import Reading, Reference, four

YOLO = InputSpec("images", 640, 640, Fit.LETTERBOX, scale=1 / 255)
PLAIN = InputSpec("images", 640, 640, scale=1 / 255)
NORMALIZED = replace(PLAIN, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
BYTES = InputSpec("input_tensor", 320, 320, layout=Layout.NHWC, dtype=DType.UINT8)
MEGVII = replace(YOLO, color=Color.BGR, scale=1.0, anchor=Anchor.TOP_LEFT)

LEAST = 0.25
"""Score that the author's decoders keep, unless said otherwise."""


@dataclass(frozen=True)
class Detector:
    """How a file is used."""

    input: InputSpec
    decoder: DecoderSpec
    theirs: str
    """The author's decoder."""
    fractions: bool = False
    """Whether that gives boxes in fractions of the input."""
    first_class: int = 0
    flat: bool = False
    """Whether its outputs are lists without a batch dimension."""
    batch: int = 1
    """Of its input; 0: it has no batch dimension."""


DETECTORS = {
    "s01-yolov5": Detector(YOLO, DecoderSpec("yolov5", LEAST, 0.7), "yolov5"),
    "s02-yolov8": Detector(YOLO, DecoderSpec("yolov8", LEAST, 0.7), "yolov8"),
    "s02b-yolov8-dynamic": Detector(YOLO, DecoderSpec("yolov8", LEAST, 0.7), "yolov8"),
    "s07-yolo-e2e": Detector(YOLO, DecoderSpec("yolo-end2end", LEAST), "e2e"),
    "s08-yolox": Detector(MEGVII, DecoderSpec("yolox", LEAST, 0.45), "yolox"),
    # The author numbers COCO's classes without their gaps, from 1: his dog, 17, is COCO's cat. The
    # numbers are compared, and the names left out.
    "s09-rfdetr": Detector(
        replace(NORMALIZED, name="input", width=560, height=560),
        DecoderSpec("rf-detr", 0.3),
        "rfdetr",
        fractions=True,
        first_class=1,
    ),
    "s10b-hf-rtdetr": Detector(
        replace(PLAIN, name="pixel_values"),
        DecoderSpec("rt-detr-logits", 0.3),
        "hf_rtdetr",
        fractions=True,
    ),
    "s11b-rtdetr-ultralytics": Detector(
        PLAIN, DecoderSpec("rt-detr-ultralytics", LEAST), "ultra_rtdetr", fractions=True
    ),
    # The author expects a bicycle, the sixth of his things; the file has the first five of them.
    "s12-fasterrcnn": Detector(
        replace(PLAIN, name="image", width=800, height=800),
        DecoderSpec("torchvision", LEAST),
        "frcnn",
        fractions=True,
        flat=True,
    ),
    "s12b-fasterrcnn-chw": Detector(
        replace(PLAIN, name="image", width=800, height=800),
        DecoderSpec("torchvision", LEAST),
        "frcnn",
        fractions=True,
        flat=True,
        batch=0,
    ),
    "s13-tfod-ssd": Detector(BYTES, DecoderSpec("tf-detection", LEAST), "tfod", fractions=True),
    "s13b-tfod-ssd-full": Detector(
        BYTES, DecoderSpec("tf-detection", LEAST), "tfod", fractions=True
    ),
    "s14-efficientnms": Detector(YOLO, DecoderSpec("efficient-nms", LEAST), "effnms"),
    "s14b-yolov7-e2e": Detector(YOLO, DecoderSpec("yolov7-nms", LEAST), "v7", flat=True),
    "s18-yolov8-fp16": Detector(
        replace(YOLO, dtype=DType.FLOAT16), DecoderSpec("yolov8", LEAST, 0.7), "yolov8"
    ),
    "s26-ssd-detectionoutput": Detector(
        InputSpec("data", 300, 300, color=Color.BGR),
        DecoderSpec("detection-output", LEAST),
        "detout",
        fractions=True,
        flat=True,
    ),
}


def detectors(models: Path, scripts: Path) -> dict[str, FamilyModel]:
    decoders = _decoders(scripts)
    coco = tuple(decoders.COCO)
    found = {
        case: FamilyModel(
            file_of(models, case),
            each.input,
            each.decoder,
            _by_author(getattr(decoders, each.theirs), each),
            flat=each.flat,
            labels=tuple(map(str, range(91))) if each.first_class else coco,
            batch=each.batch,
        )
        for case, each in DETECTORS.items()
    }
    # The author divides by the size of his video.
    found["s11-rtdetr-official"] = replace(
        family("rt-detr"),
        file=file_of(models, "s11-rtdetr-official"),
        input=PLAIN,
        labels=coco,
        second_inputs={"orig_target_sizes": np.array([[640, 640]])},
    )
    return found


def file_of(models: Path, case: str) -> bytes:
    (file,) = (models / case).glob("*.onnx")
    return file.read_bytes()


def _by_author(decode: Callable[[Any], Any], used: Detector) -> Reference:
    """His decoders give boxes, scores and classes; all outputs that they take have a batch."""
    scale = np.ones(4)
    if used.fractions:
        scale = np.array([used.input.width, used.input.height] * 2)

    def reference(answers: Mapping[str, Values]) -> list[Reading]:
        named = answers if used.flat else {name: each[np.newaxis] for name, each in answers.items()}
        outputs = named if used.theirs == "tfod" else list(named.values())
        return [
            Reading(int(number) + used.first_class, float(score), four(box * scale))
            for box, score, number in zip(*decode(outputs), strict=True)
        ]

    return reference


def _decoders(scripts: Path) -> Any:
    """The script of the author's decoders, as a module."""
    spec = importlib.util.spec_from_file_location("recipe_reference", scripts / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings():
        # It leaves a file to be closed by the interpreter.
        warnings.simplefilter("ignore", ResourceWarning)
        spec.loader.exec_module(module)
    return module
