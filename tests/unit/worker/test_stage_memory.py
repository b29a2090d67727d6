"""How much memory a stage sets aside for the inputs of its model."""

from pathlib import Path

import pytest

from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.modeling.manifest import DecoderSpec, Fit, InputSpec, ModelManifest
from framemesh.worker.engine.stage_requirements import MAX_MEMORY_BYTES, requirements_of
from tests.model_families.own_shapes import grid_model


@pytest.mark.parametrize("side", [320, 640, 1280, 4096])
@pytest.mark.parametrize("multiple_of", [0, 32])
def test_it_has_a_bound_whatever_the_size_of_its_inputs(
    side: int, multiple_of: int, tmp_path: Path
) -> None:
    file = tmp_path / "grid.onnx"
    file.write_bytes(grid_model())
    spec = InputSpec("images", side, side, Fit.LETTERBOX, multiple_of=multiple_of)
    manifest = ModelManifest(
        "grid", "grid.onnx", ("a", "b", "c"), spec, DecoderSpec("yolox"), max_batch=32
    )
    made = requirements_of(
        StageSpec("things", "grid"),
        LocalModel(manifest, 1, file),
        2,
        "KIND_CPU",
        latency_bound=False,
    )
    image_bytes = made.deployment.signature.inputs[0].image_bytes
    rows = made.rows
    if multiple_of:
        rows += (made.deployment.instances + 1) * made.policy.max_batch
    smallest = 1 if not multiple_of else 2 + made.deployment.instances
    assert rows * image_bytes <= max(MAX_MEMORY_BYTES, smallest * image_bytes)
    assert 1 <= made.policy.max_batch <= 32
    assert made.rows >= 1
