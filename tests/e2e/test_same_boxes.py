"""What comes out of the mesh is what the same model gives when it is called directly.

For every frame of the clip, on the same JPEG bytes, to 1e-3 of the picture's size and of the score.
"""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
from numpy.typing import NDArray

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.messages import outcome_message
from tests import reference
from tests.e2e.mesh import ROOT, Mesh

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASSETS = ROOT.parent / "shared/assets"

THINGS = """\
name: fastestdet
file: fastestdet-coco.onnx
labels: coco.names
input:
  {name: input.1, width: 352, height: 352, interpolation: area, color: bgr, scale: 0.00392156863}
decoder: {name: fastestdet, score_threshold: 0.5, iou_threshold: 0.45}
"""
FACES = """\
name: face
file: face-rfb-320.onnx
labels: [face]
max_batch: 1
input: {name: input, width: 320, height: 240, mean: [127, 127, 127], std: [128, 128, 128]}
decoder: {name: ssd, score_threshold: 0.1, iou_threshold: 0.3, background: true}
"""

Direct = Callable[[onnxruntime.InferenceSession, NDArray[Any]], reference.Scored]


async def assert_mesh_sees(
    mesh: Mesh, model: str, onnx: Path, direct: Direct, images: list[bytes]
) -> None:
    await mesh.apply(PipelineSpec(f"same-{model}", (StageSpec("only", model),)))
    await mesh.push(f"same-{model}", "street", images)
    outcomes = await mesh.outcomes(f"same-{model}", len(images))
    session, boxes = reference.session(onnx), 0
    for outcome in map(outcome_message.from_proto, outcomes):
        expected = direct(session, reference.decoded(images[outcome.frame.sequence - 1]))
        reference.assert_same(outcome.detections, expected)
        boxes += len(expected)
    assert boxes > len(images) // 2, "too few boxes to tell anything"


@pytest.mark.blocks_loop("calls the models directly")
async def test_the_bundled_model(mesh: Mesh, jpegs: list[bytes]) -> None:
    onnx = ROOT / "models/person/1/model.onnx"
    await assert_mesh_sees(mesh, "person", onnx, reference.direct_people, jpegs)


@dataclass(frozen=True, slots=True)
class Brought:
    """A model that somebody brings along, and how to call it directly."""

    name: str
    file: str
    manifest: str
    direct: Direct


BROUGHT = [
    Brought("fastestdet", "fastestdet-coco.onnx", THINGS, reference.direct_things),
    Brought("face", "face-rfb-320.onnx", FACES, reference.direct_faces),
]


@pytest.mark.parametrize(
    "model",
    [BROUGHT[0], *(pytest.param(each, marks=pytest.mark.long) for each in BROUGHT[1:])],
    ids=lambda model: model.name,
)
@pytest.mark.blocks_loop("calls the models directly")
async def test_a_model_that_was_brought_along(
    mesh: Mesh, jpegs: list[bytes], tmp_path: Path, model: Brought
) -> None:
    if not ASSETS.is_dir():
        pytest.skip("the shared models are not beside the checkout")
    (tmp_path / "model.yaml").write_text(model.manifest)
    for name in (model.file, "coco.names"):
        await asyncio.to_thread(shutil.copy, ASSETS / name, tmp_path / name)
    await mesh.add_model(tmp_path)
    await assert_mesh_sees(mesh, model.name, tmp_path / model.file, model.direct, jpegs)
