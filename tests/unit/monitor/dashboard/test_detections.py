"""Detections as the page draws them."""

import zlib
from base64 import b64decode

import numpy as np

from framemesh.core.detection import ClassArea, Detection, Raster, RasterKind
from framemesh.core.frame import FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.monitor.dashboard.pictures.detections import MAX_RASTER_BYTES, detection_messages


def raster(cells: bytes) -> Raster:
    areas = (ClassArea(1, "nucleus", 0.5),)
    return Raster(RasterKind.CLASSES, len(cells), 1, zlib.compress(cells), areas=areas)


def outcome(found: Detection) -> Outcome:
    return Outcome(
        frame=FrameId("door", "a", 1),
        pipeline="cells",
        fate=Fate.DONE,
        captured_unix_nano=1,
        completed_unix_nano=2,
        completed_by="cells-r1-0",
        detections=(found,),
    )


def test_a_raster_comes_with_its_cells_and_the_names_of_its_classes() -> None:
    (found,) = detection_messages(outcome(Detection("nuclei", "", 0, 1.0, raster=raster(b"\0\1"))))
    assert found.raster is not None
    assert zlib.decompress(b64decode(found.raster.values)) == b"\0\1"
    assert [(each.class_id, each.label) for each in found.raster.classes] == [(1, "nucleus")]


def test_a_raster_that_is_larger_than_a_picture_is_left_out() -> None:
    cells = np.random.default_rng(1).bytes(2 * MAX_RASTER_BYTES)
    (found,) = detection_messages(outcome(Detection("nuclei", "", 0, 1.0, raster=raster(cells))))
    assert found.raster is None
