"""Each YOLO family, from its file to places in the picture, against a reading written anew."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framemesh.core.detection import Detection
from framemesh.modeling.manifest import Color, DecoderSpec, Fit, InputSpec, ModelManifest
from tests.model_families import yolo, yolo_reference
from tests.model_families.graphs import Values, run
from tests.model_families.planted import (
    LABELS,
    PICTURE_SIZES,
    Letterboxed,
    Picture,
    letterbox,
    picture,
    stretch,
)
from tests.model_families.stages import detections
from tests.model_families.yolo_reference import Found, Reader

TOLERANCE = 1e-3
"""Of a score, and of a place in fractions of the picture."""

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
    full_range: bool = False
    """Whether its input is 0 to 255, blue first."""

    @property
    def manifest(self) -> ModelManifest:
        fit = Fit.STRETCH if self.stretched else Fit.LETTERBOX
        scale, color = (1.0, Color.BGR) if self.full_range else (1 / 255, Color.RGB)
        given = InputSpec("images", yolo.WIDTH, yolo.HEIGHT, fit, color=color, scale=scale)
        spec = DecoderSpec(self.decoder, THRESHOLD, IOU, **self.options)
        return ModelManifest(self.name, "model.onnx", LABELS, given, spec, max_batch=1)

    def prepared(self, image: Picture) -> tuple[Letterboxed, Values]:
        """The picture in the model's input, and the input."""
        placed = (stretch if self.stretched else letterbox)(image, yolo.WIDTH, yolo.HEIGHT)
        pixels = placed.pixels if self.full_range else placed.pixels[..., ::-1] / 255
        return placed, pixels.transpose(2, 0, 1)[np.newaxis].astype(np.float32)


doubles = yolo_reference.without_doubles
FAMILIES = [
    Family("yolov5", "yolov5", yolo.yolov5, yolo_reference.yolov5, suppressed=doubles),
    Family(
        "yolox",
        "yolox",
        yolo.yolox,
        yolo_reference.yolox,
        suppressed=doubles,
        full_range=True,
    ),
    Family("yolov8", "yolov8", yolo.yolov8, yolo_reference.yolov8, suppressed=doubles),
    Family(
        "yolov8-float16",
        "yolov8",
        lambda: yolo.yolov8(np.float16),
        yolo_reference.yolov8,
        suppressed=doubles,
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


@pytest.mark.parametrize("size", PICTURE_SIZES)
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
async def test_what_is_found_is_what_the_family_defines(
    family: Family, size: str, tmp_path: Path
) -> None:
    model, image = family.model(), picture(size)
    placed, given = family.prepared(image)
    outputs = run(model, {"images": given})
    found = yolo_reference.above(family.read(outputs), THRESHOLD)
    expected = [
        (one, box)
        for one in family.suppressed(found, IOU)
        if (box := placed.box_to_picture(*one.corners)) is not None
    ]
    assert expected
    seen = await detections(model, family.manifest, image, tmp_path)
    assert len(seen) == len(expected)
    for detection, (one, box) in zip(seen, expected, strict=True):
        assert detection.class_id == one.class_id
        assert detection.score == pytest.approx(one.score, abs=TOLERANCE)
        assert detection.box is not None
        sides = detection.box.left, detection.box.top, detection.box.right, detection.box.bottom
        assert sides == pytest.approx(box, abs=TOLERANCE)
        assert_corners(detection, one, placed)
        assert_keypoints(detection, one, placed, family.keypoint_values)
        if family.masks:
            assert_mask(detection, one, placed, outputs["output1"][0])
        else:
            assert detection.mask is None


def assert_corners(detection: Detection, one: Found, placed: Letterboxed) -> None:
    """The same four places in the same order around the box, wherever it begins."""
    expected = (
        [placed.to_picture(*at) for at in yolo_reference.rotated(one.oriented)]
        if (one.oriented)
        else []
    )
    assert np.allclose(np.array(detection.corners), np.array(expected), atol=TOLERANCE)


def assert_keypoints(
    detection: Detection, one: Found, placed: Letterboxed, values_each: int
) -> None:
    if not values_each:
        assert detection.keypoints == ()
        return
    values = np.reshape(one.more, (-1, values_each))
    assert len(detection.keypoints) == len(values) == yolo.KEYPOINTS
    for keypoint, expected in zip(detection.keypoints, values, strict=True):
        assert keypoint.at == pytest.approx(placed.to_picture(*expected[:2]), abs=TOLERANCE)
        assert keypoint.score == pytest.approx(1 if values_each == 2 else expected[2], abs=1e-6)


def assert_mask(detection: Detection, one: Found, placed: Letterboxed, prototypes: Values) -> None:
    """Each cell of the mask is what the model's nearest cell is."""
    mask, box = detection.mask, detection.box
    assert mask is not None
    assert box is not None
    inside = 1 / (1 + np.exp(-np.tensordot(one.more, prototypes, 1))) > 0.5
    cells = np.repeat(np.arange(len(mask.runs)) % 2 == 1, mask.runs).reshape(mask.height, -1)
    for row, column in np.ndindex(cells.shape):
        x = box.left + (column + 0.5) / mask.width * (box.right - box.left)
        y = box.top + (row + 0.5) / mask.height * (box.bottom - box.top)
        input_x, input_y = placed.left + x * placed.width, placed.top + y * placed.height
        near = inside[
            max(0, int(input_y / 4 - 0.01)) : int(input_y / 4 + 0.01) + 1,
            max(0, int(input_x / 4 - 0.01)) : int(input_x / 4 + 0.01) + 1,
        ]
        assert cells[row, column] in near
    assert cells.any()
