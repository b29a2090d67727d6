"""Detectors on a real Triton: second inputs, whole numbers, lists without a batch."""

from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.spec import PipelineSpec, StageSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.worker.engine.engine import open_engine
from tests.model_families import anchors, detr, listed
from tests.model_families.planted import picture
from tests.model_families.served import Found, assert_same

FAMILIES = {**detr.MODELS, **listed.MODELS, **anchors.MODELS}


@pytest.mark.blocks_loop("calls the models directly")
async def test_every_family_finds_what_the_reference_finds(tmp_path: Path) -> None:
    models, expected = dict[str, LocalModel](), dict[str, list[Found]]()
    image = picture("landscape")
    for name, make in FAMILIES.items():
        model = make()
        file = tmp_path / f"{name}.onnx"
        file.write_bytes(model.file)
        constants = {
            each: tuple(values.reshape(-1).tolist()) for each, values in model.second_inputs.items()
        }
        manifest = replace(model.manifest, name=name, max_batch=1, constants=constants)
        models[name] = LocalModel(manifest, 1, file)
        expected[name] = model.expected(image)
    async with open_engine(
        PipelineSpec("families", tuple(StageSpec(name, name) for name in models)),
        models,
        tmp_path / "data",
        triton_address=None,
        cpus=1,
        clock=SystemClock(),
    ) as engine:
        seen = await engine.graph.run(cv2.imencode(".png", image)[1].tobytes())
    found: dict[str, list[Found]] = {name: [] for name in models}
    for one in seen.detections:
        if one.box is not None:
            box = (one.box.left, one.box.top, one.box.right, one.box.bottom)
            found[one.stage].append((one.class_id, one.score, box))
    for name in models:
        assert_same(found[name], expected[name])
