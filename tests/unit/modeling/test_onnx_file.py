"""Inputs and outputs of an ONNX file, against the files that the onnx package writes."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.onnx_file import read_onnx
from framemesh.modeling.signature import Signature, Tensor

Shape = list[int | str | None]


def write(path: Path, inputs: dict[str, Shape], outputs: dict[str, Shape]) -> Path:
    """A model that adds a large weight, which old exporters list among the inputs as well."""
    weight = numpy_helper.from_array(np.ones((300, 300), np.float32), "weight")
    graph = helper.make_graph(
        [helper.make_node("Add", [next(iter(inputs)), "weight"], [next(iter(outputs))])],
        "graph",
        [
            *(described(name, shape) for name, shape in inputs.items()),
            helper.make_tensor_value_info("weight", TensorProto.FLOAT, [300, 300]),
        ],
        [described(name, shape) for name, shape in outputs.items()],
        [weight],
    )
    onnx.save(helper.make_model(graph), path)
    return path


def described(name: str, shape: Shape) -> onnx.ValueInfoProto:
    kind = TensorProto.UINT8 if name == "pixels" else TensorProto.FLOAT
    return helper.make_tensor_value_info(name, kind, shape)


def test_names_types_and_shapes_are_read(tmp_path: Path) -> None:
    path = write(
        tmp_path / "model.onnx",
        {"pixels": ["batch", 480, 640, 3]},
        {"heatmap": ["batch", 1, 120, None], "boxes": [1, 4, 1000, 160]},
    )
    assert read_onnx(path).signature == Signature(
        (Tensor("pixels", "UINT8", (-1, 480, 640, 3)),),
        (
            Tensor("heatmap", "FP32", (-1, 1, 120, -1)),
            Tensor("boxes", "FP32", (1, 4, 1000, 160)),
        ),
    )


@pytest.mark.parametrize("content", [b"", b"no model", bytes(100), b"\xff" * 100])
def test_what_is_no_onnx_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelInvalid, match=r"model\.onnx is not an ONNX model"):
        read_onnx(path)


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "model.onnx", {"in": [1, 3]}, {"out": [1, 3]})
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ModelInvalid, match="it is cut off"):
        read_onnx(path)
