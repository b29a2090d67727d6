"""The forms of the YOLO families: manifest, file, and how they are read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from framemesh.modeling.manifest import (
    Anchor,
    Color,
    DecoderSpec,
    DType,
    Fit,
    InputSpec,
    ModelManifest,
)
from tests.model_families import yolo, yolo_reference
from tests.model_families.graphs import Values
from tests.model_families.planted import LABELS, Letterboxed, Picture, letterbox, stretch
from tests.model_families.yolo_reference import Found, Reader

THRESHOLD = 0.25
IOU = 0.6


@dataclass(frozen=True)
class Family:
    """A form of one decoder's outputs."""

    name: str
    decoder: str
    model: Callable[[], bytes]
    read: Reader
    options: dict[str, Any] = field(default_factory=dict)
    suppressed: Callable[[list[Found], float], list[Found]] = lambda found, _: found
    keypoint_values: int = 0
    masks: bool = False
    stretched: bool = False
    as_yolox: bool = False
    """Whether its input is 0 to 255, blue first, with the picture in the upper left."""
    half: bool = False
    """Whether its input and its output are float16."""

    @property
    def manifest(self) -> ModelManifest:
        given = InputSpec(
            "images",
            yolo.WIDTH,
            yolo.HEIGHT,
            Fit.STRETCH if self.stretched else Fit.LETTERBOX,
            color=Color.BGR if self.as_yolox else Color.RGB,
            scale=1.0 if self.as_yolox else 1 / 255,
            anchor=Anchor.TOP_LEFT if self.as_yolox else Anchor.CENTER,
            dtype=DType.FLOAT16 if self.half else DType.FLOAT32,
        )
        spec = DecoderSpec(self.decoder, THRESHOLD, IOU, **self.options)
        return ModelManifest(self.name, "model.onnx", LABELS, given, spec, max_batch=1)

    def prepared(self, image: Picture) -> tuple[Letterboxed, Values]:
        """The picture in the model's input, and the input."""
        size = yolo.WIDTH, yolo.HEIGHT
        if self.stretched:
            placed = stretch(image, *size)
        else:
            placed = letterbox(image, *size, centred=not self.as_yolox)
        pixels = placed.pixels if self.as_yolox else placed.pixels[..., ::-1] / 255
        dtype = np.float16 if self.half else np.float32
        return placed, pixels.transpose(2, 0, 1)[np.newaxis].astype(dtype)


doubles = yolo_reference.without_doubles
FAMILIES = [
    Family("yolov5", "yolov5", yolo.yolov5, yolo_reference.yolov5, suppressed=doubles),
    Family(
        "yolox",
        "yolox",
        yolo.yolox,
        yolo_reference.yolox,
        suppressed=doubles,
        as_yolox=True,
    ),
    Family("yolov8", "yolov8", yolo.yolov8, yolo_reference.yolov8, suppressed=doubles),
    Family(
        "yolov8-float16",
        "yolov8",
        lambda: yolo.yolov8(np.float16),
        yolo_reference.yolov8,
        suppressed=doubles,
        half=True,
    ),
    Family(
        "yolov8-stretched",
        "yolov8",
        yolo.yolov8,
        yolo_reference.yolov8,
        suppressed=doubles,
        stretched=True,
    ),
    Family(
        "yolov8-agnostic",
        "yolov8",
        yolo.yolov8,
        yolo_reference.yolov8,
        {"agnostic": True},
        suppressed=lambda found, iou: doubles(found, iou, agnostic=True),
    ),
    Family(
        "yolov8-seg",
        "yolov8-seg",
        yolo.yolov8_segmentation,
        yolo_reference.yolov8,
        suppressed=doubles,
        masks=True,
    ),
    Family(
        "yolov8-pose",
        "yolov8-pose",
        lambda: yolo.yolov8_pose(3),
        yolo_reference.yolov8,
        {"keypoints": yolo.KEYPOINTS},
        suppressed=doubles,
        keypoint_values=3,
    ),
    Family(
        "yolov8-pose-of-two-values",
        "yolov8-pose",
        lambda: yolo.yolov8_pose(2),
        yolo_reference.yolov8,
        {"keypoints": yolo.KEYPOINTS, "keypoint_values": 2},
        suppressed=doubles,
        keypoint_values=2,
    ),
    Family(
        "yolov8-obb",
        "yolov8-obb",
        yolo.yolov8_oriented,
        yolo_reference.oriented,
        suppressed=yolo_reference.without_rotated_doubles,
    ),
    Family("yolo-end2end", "yolo-end2end", yolo.end_to_end, yolo_reference.end_to_end),
    Family(
        "yolo-end2end-seg",
        "yolo-end2end",
        yolo.end_to_end_segmentation,
        yolo_reference.end_to_end,
        masks=True,
    ),
    Family(
        "yolo-end2end-pose",
        "yolo-end2end",
        yolo.end_to_end_pose,
        yolo_reference.end_to_end,
        {"keypoints": yolo.KEYPOINTS},
        keypoint_values=3,
    ),
    Family(
        "yolo-end2end-obb",
        "yolo-end2end",
        yolo.end_to_end_oriented,
        yolo_reference.end_to_end_oriented,
    ),
    Family("yolo-nas", "yolo-nas", yolo.nas_flat, yolo_reference.nas_flat),
    Family(
        "yolo-nas-places",
        "yolo-nas",
        yolo.nas_places,
        yolo_reference.nas_places,
        suppressed=doubles,
    ),
]
