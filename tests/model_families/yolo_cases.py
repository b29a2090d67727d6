"""The forms of the YOLO families: input, file, and how they are read."""

from collections.abc import Callable, Mapping
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
    Suppression,
)
from tests.model_families import yolo, yolo_reference
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import Values
from tests.model_families.reading import Reading
from tests.model_families.soft_reference import gaussian, linear, softened, turned
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
    suppression: Callable[[list[Found], float], list[Found]] | None = None
    """Of overlapping things, by the threshold; None: the model leaves one of each thing itself."""
    keypoint_values: int = 0
    masks: bool = False
    stretched: bool = False
    as_yolox: bool = False
    """Whether its input is 0 to 255, blue first, with the picture in the upper left."""
    flat: bool = False
    """Whether its outputs are read with their batch dimension, if they have one."""
    half: bool = False
    """Whether its input and its output are float16."""
    thresholded: bool = True
    """Whether its suppression has a threshold."""

    def made(self) -> FamilyModel:
        thresholded = self.suppression is not None and self.thresholded
        iou: dict[str, Any] = {"iou_threshold": IOU} if thresholded else {}
        return FamilyModel(
            self.model(),
            InputSpec(
                "images",
                yolo.WIDTH,
                yolo.HEIGHT,
                Fit.STRETCH if self.stretched else Fit.LETTERBOX,
                color=Color.BGR if self.as_yolox else Color.RGB,
                scale=1.0 if self.as_yolox else 1 / 255,
                anchor=Anchor.TOP_LEFT if self.as_yolox else Anchor.CENTER,
                dtype=DType.FLOAT16 if self.half else DType.FLOAT32,
            ),
            DecoderSpec(self.decoder, THRESHOLD, **iou, **self.options),
            self.readings,
            flat=self.flat,
        )

    def readings(self, outputs: Mapping[str, Values]) -> list[Reading]:
        found = yolo_reference.above(self.read(outputs), THRESHOLD)
        left = self.suppression(found, IOU) if self.suppression else found
        return [self._reading(one, outputs) for one in left]

    def _reading(self, one: Found, outputs: Mapping[str, Values]) -> Reading:
        corners = yolo_reference.rotated(one.oriented) if one.oriented else []
        each = self.keypoint_values
        points = [[*one.more[at : at + each], 1.0] for at in range(0, len(one.more), each or 99)]
        keypoints = [(x, y, sure) for x, y, sure, *_ in points] if each else []
        mask = np.tensordot(one.more, outputs["output1"], 1) > 0 if self.masks else None
        return Reading(one.class_id, one.score, one.corners, corners, keypoints, mask)


doubles = yolo_reference.without_doubles
FAMILIES = [
    Family("yolov5", "yolov5", yolo.yolov5, yolo_reference.yolov5, suppression=doubles),
    Family(
        "yolov5-seg",
        "yolov5-seg",
        yolo.yolov5_segmentation,
        yolo_reference.yolov5,
        suppression=doubles,
        masks=True,
    ),
    Family(
        "yolov8-pose-with-places-first",
        "yolov8-pose",
        yolo.yolov8_turned,
        yolo_reference.turned_table(yolo_reference.yolov8),
        {"keypoints": yolo.KEYPOINTS},
        suppression=doubles,
        keypoint_values=3,
    ),
    Family(
        "yolov8-obb-with-places-first",
        "yolov8-obb",
        yolo.yolov8_oriented_turned,
        yolo_reference.turned_table(yolo_reference.oriented),
        suppression=yolo_reference.without_rotated_doubles,
    ),
    Family(
        "yolox",
        "yolox",
        yolo.yolox,
        yolo_reference.yolox,
        suppression=doubles,
        as_yolox=True,
    ),
    Family("yolov8", "yolov8", yolo.yolov8, yolo_reference.yolov8, suppression=doubles),
    Family(
        "yolov8-float16",
        "yolov8",
        lambda: yolo.yolov8(np.float16),
        yolo_reference.yolov8,
        suppression=doubles,
        half=True,
    ),
    Family(
        "yolov8-stretched",
        "yolov8",
        yolo.yolov8,
        yolo_reference.yolov8,
        suppression=doubles,
        stretched=True,
    ),
    Family(
        "yolov8-agnostic",
        "yolov8",
        yolo.yolov8,
        yolo_reference.yolov8,
        {"agnostic": True},
        suppression=lambda found, iou: doubles(found, iou, agnostic=True),
    ),
    Family(
        "yolov8-seg",
        "yolov8-seg",
        yolo.yolov8_segmentation,
        yolo_reference.yolov8,
        suppression=doubles,
        masks=True,
    ),
    Family(
        "yolov8-pose",
        "yolov8-pose",
        lambda: yolo.yolov8_pose(3),
        yolo_reference.yolov8,
        {"keypoints": yolo.KEYPOINTS},
        suppression=doubles,
        keypoint_values=3,
    ),
    Family(
        "yolov8-pose-of-two-values",
        "yolov8-pose",
        lambda: yolo.yolov8_pose(2),
        yolo_reference.yolov8,
        {"keypoints": yolo.KEYPOINTS, "keypoint_values": 2},
        suppression=doubles,
        keypoint_values=2,
    ),
    Family(
        "yolov8-obb",
        "yolov8-obb",
        yolo.yolov8_oriented,
        yolo_reference.oriented,
        suppression=yolo_reference.without_rotated_doubles,
    ),
    Family(
        "yolov8-soft-linear",
        "yolov8",
        yolo.yolov8,
        yolo_reference.yolov8,
        {"suppression": Suppression.SOFT_LINEAR},
        lambda found, iou: softened(found, linear(iou), THRESHOLD),
    ),
    Family(
        "yolov8-soft-gaussian",
        "yolov8",
        yolo.yolov8,
        yolo_reference.yolov8,
        {"suppression": Suppression.SOFT_GAUSSIAN, "sigma": 0.8},
        lambda found, _: softened(found, gaussian(0.8), THRESHOLD),
        thresholded=False,
    ),
    Family(
        "yolov8-obb-soft-gaussian",
        "yolov8-obb",
        yolo.yolov8_oriented,
        yolo_reference.oriented,
        {"suppression": Suppression.SOFT_GAUSSIAN},
        lambda found, _: softened(found, gaussian(0.5), THRESHOLD, turned),
        thresholded=False,
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
    Family("yolo-nas", "yolo-nas", yolo.nas_flat, yolo_reference.nas_flat, flat=True),
    Family(
        "yolo-nas-places",
        "yolo-nas",
        yolo.nas_places,
        yolo_reference.nas_places,
        flat=True,
        suppression=doubles,
    ),
]

MODELS: Mapping[str, Callable[[], FamilyModel]] = {family.name: family.made for family in FAMILIES}
