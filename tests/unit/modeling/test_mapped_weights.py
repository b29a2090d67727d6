"""A graph without its weights, which a runtime maps out of the file that has them."""

import os
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto

from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.mapped_weights import MIN_WEIGHT_BYTES, write_graph

PERSON = Path(__file__).parents[3] / "models/person/1/model.onnx"


@pytest.fixture
def apart(tmp_path: Path) -> Path:
    """The graph of the bundled model, beside the file itself."""
    os.link(PERSON, tmp_path / "weights.onnx")
    write_graph(PERSON, tmp_path / "model.onnx", "weights.onnx")
    return tmp_path / "model.onnx"


def answers(path: Path) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (pixels,) = session.get_inputs()
    shape = [side if isinstance(side, int) else 1 for side in pixels.shape]
    kind = np.uint8 if pixels.type == "tensor(uint8)" else np.float32
    image = np.random.default_rng(3).integers(0, 255, shape).astype(kind)
    return [np.asarray(each) for each in session.run(None, {pixels.name: image})]


def test_it_answers_as_the_whole_file_does(apart: Path) -> None:
    for found, expected in zip(answers(apart), answers(PERSON), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_large_weights_are_left_out_and_all_else_stays(apart: Path) -> None:
    whole, graph = onnx.load(PERSON), onnx.load(apart, load_external_data=False)
    outside = [t for t in graph.graph.initializer if t.data_location == TensorProto.EXTERNAL]
    assert outside
    assert apart.stat().st_size < PERSON.stat().st_size / 2
    for before, after in zip(whole.graph.initializer, graph.graph.initializer, strict=True):
        assert (before.name, before.dims, before.data_type) == (
            after.name,
            after.dims,
            after.data_type,
        )
        assert (len(before.raw_data) >= MIN_WEIGHT_BYTES) == (after in outside)
    del whole.graph.initializer[:], graph.graph.initializer[:]
    assert graph == whole


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.onnx"
    path.write_bytes(PERSON.read_bytes()[:5000])
    with pytest.raises(ModelInvalid, match="cut off"):
        write_graph(path, tmp_path / "model.onnx", "weights.onnx")
