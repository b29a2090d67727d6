"""Each YOLO family, from its file to places in the picture, against a reading written anew."""

from pathlib import Path

import numpy as np
import pytest

from framemesh.core.detection import Detection
from tests.model_families import yolo, yolo_reference
from tests.model_families.graphs import Values, run
from tests.model_families.planted import PICTURE_SIZES, Letterboxed, picture
from tests.model_families.stages import detections
from tests.model_families.yolo_cases import FAMILIES, IOU, THRESHOLD, Family
from tests.model_families.yolo_reference import Found

TOLERANCE = 1e-3
"""Of a score, and of a place in fractions of the picture."""


@pytest.mark.blocks_loop("calls the models directly, and encodes large pictures")
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
