"""YOLO families on a real Triton: masks, poses, oriented boxes, float16, lists without a batch."""

from pathlib import Path

import cv2
import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.spec import PipelineSpec, StageSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.worker.engine.engine import open_engine
from tests.model_families.planted import picture
from tests.model_families.stages import detections
from tests.model_families.yolo_cases import FAMILIES

SERVED = ("yolov8-float16", "yolov8-seg", "yolov8-pose", "yolov8-obb", "yolo-nas")


@pytest.mark.blocks_loop("calls the models directly")
async def test_every_family_answers_as_it_does_directly(tmp_path: Path) -> None:
    families = [family for family in FAMILIES if family.name in SERVED]
    models, expected = {}, []
    image = picture("portrait")
    for family in families:
        folder = tmp_path / family.name
        folder.mkdir()
        expected += [
            (family.name, one.class_id, one.box, one.corners, one.keypoints, one.mask)
            for one in await detections(family.model(), family.manifest, image, folder)
        ]
        models[family.name] = LocalModel(family.manifest, 1, folder / family.manifest.file)
    async with open_engine(
        PipelineSpec("families", tuple(StageSpec(name, name) for name in models)),
        models,
        tmp_path / "data",
        triton_address=None,
        cpus=1,
        clock=SystemClock(),
    ) as engine:
        seen = await engine.graph.run(cv2.imencode(".png", image)[1].tobytes())
    found = [
        (one.stage, one.class_id, one.box, one.corners, one.keypoints, one.mask)
        for one in seen.detections
    ]
    assert sorted(found, key=repr) == sorted(expected, key=repr)
