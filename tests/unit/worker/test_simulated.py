"""What Triton is told of a simulated model, and the one that is bundled."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from google.protobuf import text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig

from examples.simulated.make_model import FILE, make
from framemesh.cli.common.model_folder import read_model_folder
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import SimulatedSpec
from framemesh.modeling.validation import validate_model
from framemesh.worker.triton.repository import GPU, Deployment, write_repository
from tests.reference import session

MANIFEST = read_model_folder(FILE.parent).manifest


def test_triton_runs_the_simulation_in_place_of_the_file(tmp_path: Path) -> None:
    manifest = replace(MANIFEST, simulated=SimulatedSpec(base_ms=4, per_image_ms=0.5))
    signature = validate_model(manifest, FILE).signature
    deployment = Deployment(manifest, 3, FILE, signature, instances=1, largest_batch=1, kind=GPU)
    write_repository(tmp_path, [deployment])
    config = text_format.Parse((tmp_path / "simulated-3/config.pbtxt").read_text(), ModelConfig())
    assert config.backend == "python"
    assert {name: value.string_value for name, value in config.parameters.items()} == {
        "base_ms": "4",
        "per_image_ms": "0.5",
    }
    assert config.instance_group[0].count == 1
    # It would else be an instance for each GPU.
    assert config.instance_group[0].kind == config.instance_group[0].KIND_CPU
    assert [file.name for file in (tmp_path / "simulated-3/3").iterdir()] == ["model.py"]
    assert "sleep" in (tmp_path / "simulated-3/3/model.py").read_text()


def test_an_output_whose_size_only_the_model_knows_is_refused(tmp_path: Path) -> None:
    model = make()
    for output in model.graph.output:
        output.type.tensor_type.shape.dim[3].dim_param = "width"
    onnx.save(model, tmp_path / "model.onnx")
    with pytest.raises(ModelInvalid, match=r"simulated: .* output heatmap FP32 \[-1, 1, 1, -1\]"):
        validate_model(MANIFEST, tmp_path / "model.onnx")


def test_the_bundled_file_is_what_its_script_makes() -> None:
    assert onnx.load(FILE) == make()


def test_the_bundled_model_is_one_that_can_be_registered() -> None:
    validate_model(MANIFEST, FILE)


def test_the_bundled_model_would_see_nothing_if_it_were_run() -> None:
    noise = np.random.default_rng(7).integers(0, 256, (2, 64, 64, 3), np.uint8)
    outputs = session(FILE).run(["heatmap", "boxes"], {"images": noise})
    assert [output.shape for output in outputs] == [(2, 1, 1, 1), (2, 4, 1, 1)]
    assert not any(output.any() for output in outputs)
