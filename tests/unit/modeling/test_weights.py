"""Weights in a second file become part of the model, and nothing else of it changes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from framemesh.modeling import weights
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.weights import merge_weights
from tests.odd_models.odd_model import SIDE, model

PIXELS = {"images": np.full((2, SIDE, SIDE, 3), 9, np.uint8)}


def scores(file: Path | bytes) -> object:
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return session.run(None, PIXELS)[0].tolist()


def with_constant_in_a_branch(made: onnx.ModelProto) -> None:
    made.graph.node[-1].output[0] = "scores"
    value = numpy_helper.from_array(np.full((2,), 3, np.float32), "three")
    branch = helper.make_graph(
        [
            helper.make_node("Constant", [], ["three"], value=value),
            helper.make_node("Mul", ["scores", "three"], ["out"]),
        ],
        "branch",
        [],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", 2])],
    )
    always = helper.make_tensor("always", TensorProto.BOOL, [], [True])
    made.graph.node.append(helper.make_node("Constant", [], ["always"], value=always))
    made.graph.node.append(
        helper.make_node("If", ["always"], ["logits"], then_branch=branch, else_branch=branch)
    )


WHOLE = model(change=with_constant_in_a_branch)


def in_two_files(folder: Path, *, one: bool = True) -> Path:
    """As torch exports it: small tensors are moved as well."""
    file = folder / "model.onnx"
    onnx.save_model(
        onnx.load_model_from_string(WHOLE),
        file,
        save_as_external_data=True,
        all_tensors_to_one_file=one,
        location="model.onnx.data" if one else None,
        size_threshold=0,
        convert_attribute=True,
    )
    return file


@pytest.mark.parametrize("one", [True, False])
def test_a_model_in_several_files_is_the_same_in_one(tmp_path: Path, *, one: bool) -> None:
    (tmp_path / "parts").mkdir()
    file, merged = in_two_files(tmp_path / "parts", one=one), tmp_path / "merged.onnx"
    assert merge_weights(file, merged)
    assert onnx.load(merged) == onnx.load_model_from_string(WHOLE)
    assert scores(merged) == scores(WHOLE)


def test_a_model_in_one_file_is_not_written_again(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(model())
    assert not merge_weights(file, tmp_path / "merged.onnx")
    assert not (tmp_path / "merged.onnx").exists()


def external(location: str, **where: str) -> Callable[[onnx.ModelProto], None]:
    def change(made: onnx.ModelProto) -> None:
        tensor = made.graph.initializer[1]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in {"location": location, **where}.items():
            tensor.external_data.add(key=key, value=value)

    return change


@pytest.mark.parametrize(
    ("location", "where", "message"),
    [
        ("missing.data", {}, "there is no file 'missing.data' beside it"),
        ("inner", {}, "there is no file 'inner' beside it"),
        ("../secret", {}, "lie in '../secret', outside of its folder"),
        ("inner/../../secret", {}, "outside of its folder"),
        ("/etc/passwd", {}, "lie in '/etc/passwd', outside of its folder"),
        ("link", {}, "lie in 'link', outside of its folder"),
        ("linked/secret", {}, "lie in 'linked/secret', outside of its folder"),
        ("", {}, "lie in '', outside of its folder"),
        ("nul\0", {}, "outside of its folder"),
        ("short.data", {"length": "1000"}, "short.data has 10 bytes, and weights .* at 0 to 1000"),
        ("short.data", {"offset": "11"}, "is no place of weights"),
        ("short.data", {"offset": "-1"}, "'-1' is no place of weights"),
        ("short.data", {"length": "9" * 30}, "is no place of weights"),
    ],
)
def test_weights_that_are_not_beside_the_model_are_refused(
    location: str, where: dict[str, str], message: str, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    (folder / "inner").mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "linked").symlink_to(tmp_path)
    (folder / "short.data").write_bytes(bytes(10))
    (folder / "model.onnx").write_bytes(model(change=external(location, **where)))
    with pytest.raises(ModelInvalid, match=message) as refused:
        merge_weights(folder / "model.onnx", tmp_path / "merged.onnx")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "merged.onnx").exists()


def test_what_no_message_can_hold_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = in_two_files(tmp_path)
    monkeypatch.setattr(weights, "MAX_FILE_BYTES", 1000)
    with pytest.raises(ModelInvalid, match="bytes with its weights, and a model at most 1000"):
        merge_weights(file, tmp_path / "merged.onnx")
    assert not (tmp_path / "merged.onnx").exists()


@pytest.mark.parametrize("content", [b"", b"\xff" * 50, model()[:-40]])
def test_what_is_no_model_is_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(ModelInvalid, match=r"model\.onnx is not an ONNX model that can be read"):
        merge_weights(tmp_path / "model.onnx", tmp_path / "merged.onnx")
