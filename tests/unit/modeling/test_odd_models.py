"""Every odd model is accepted and can be loaded, or refused in one line that says what is wrong."""

import re
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from framemesh.core.documents.document import dump, read
from framemesh.modeling.errors import ModelInvalid, UnknownDecoder
from framemesh.modeling.loadable import MAX_IR_VERSION, MAX_OPSET
from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.validation import validate_model
from framemesh.vision.arrays import NUMPY
from tests.odd_models.accepted import ACCEPTED
from tests.odd_models.odd_model import MANIFEST, OddModel, model
from tests.odd_models.refused import REFUSED


def write(folder: Path, content: bytes) -> Path:
    path = folder / MANIFEST.file
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("odd", REFUSED, ids=lambda odd: odd.name)
def test_what_cannot_be_served_is_refused_with_the_tensor_or_the_field(
    odd: OddModel, tmp_path: Path
) -> None:
    with pytest.raises((ModelInvalid, UnknownDecoder), match=re.escape(odd.refused)) as refused:
        validate_model(odd.manifest, write(tmp_path, odd.onnx))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("odd", ACCEPTED, ids=lambda odd: odd.name)
def test_what_is_accepted_answers_as_it_was_declared(odd: OddModel, tmp_path: Path) -> None:
    validated = validate_model(odd.manifest, write(tmp_path, odd.onnx))
    session = onnxruntime.InferenceSession(odd.onnx, providers=["CPUExecutionProvider"])
    picture, *others = validated.signature.inputs
    for count in (1, odd.manifest.max_batch):
        feed = {picture.name: np.zeros(picture.shape_of(count), NUMPY[picture.datatype])}
        for other in others:
            values = np.array(odd.manifest.constant_numbers[other.name], NUMPY[other.datatype])
            feed[other.name] = np.resize(values, other.shape_of(count))
        (output,) = validated.signature.outputs
        (answer,) = session.run([output.name], feed)
        assert answer.shape == output.shape_of(count)
    assert validated.binding.classes == len(odd.manifest.labels)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dtype": "int32", "mean": (1.0,)}, "int32, which takes no scale, mean or std"),
        ({"dtype": "float16", "scale": 1000.0}, "not every pixel has a value in float16"),
        ({"dtype": "float32", "mean": (1.0, 2.0)}, "input.mean: 2 numbers for an input of 3"),
        (
            {"dtype": "float32", "color": "gray", "std": (1.0, 2.0, 3.0)},
            "input.std: 3 numbers for an input of 1 channels",
        ),
        ({"fill": 0}, "they are of a letterbox, and input.fit is stretch"),
        ({"fit": "center-crop", "anchor": "top-left"}, "letterbox, and input.fit is center-crop"),
        ({"short_side": 256}, "it is of a centre crop, and input.fit is stretch"),
        ({"multiple_of": 8}, "input.multiple_of: it is of a letterbox, and input.fit is stretch"),
        (
            {"fit": "letterbox", "multiple_of": 3},
            "input.width: 8 is no multiple of input.multiple_of, 3: set it to 6",
        ),
        (
            {"fit": "letterbox", "multiple_of": 4},
            r"the manifest says \[-1, 4, 8, 3\] \(input.multiple_of allows 8 x 4\)",
        ),
        ({"layout": "nhw"}, "nhw has no channels, and input.color is rgb"),
        ({"fit": "center-crop", "short_side": 7}, "7 does not cover the input of 8 x 8"),
        ({"scale": 1 / 255}, "uint8, which takes no scale, mean or std"),
        ({"dtype": "float32", "std": (1.0, 0.0, 1.0)}, "input.std: divides by a std of 0"),
        ({"dtype": "float32", "std": (1.0, 1e-40, 1.0)}, "not every pixel has a value in float32"),
        (
            {"dtype": "float32", "scale": 1e300, "std": (1e-9, 1.0, 1.0)},
            "not every pixel has a value in float32",
        ),
    ],
)
def test_a_preparation_that_no_pixel_survives_is_refused(
    changes: dict[str, object], message: str, tmp_path: Path
) -> None:
    manifest = changed(MANIFEST, **changes)
    with pytest.raises(ModelInvalid, match=message):
        validate_model(manifest, write(tmp_path, model()))


def changed(manifest: ModelManifest, **changes: object) -> ModelManifest:
    """As it would be read from a model.yaml with these fields of its input."""
    document = dump(manifest)
    return read({**document, "input": {**document["input"], **changes}}, ModelManifest, "test")


@pytest.mark.parametrize(("opset", "ir_version"), [(MAX_OPSET + 1, 8), (13, MAX_IR_VERSION + 1)])
def test_the_limits_are_those_of_the_runtime(opset: int, ir_version: int) -> None:
    """A newer runtime loads more: the limits then follow."""
    content = model(opset=opset, ir_version=ir_version)
    with pytest.raises(onnxruntime.capi.onnxruntime_pybind11_state.Fail):
        onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


def field(number: int, content: bytes) -> bytes:
    """A message inside a message, as protobuf writes it."""
    size = len(content)
    length = bytes([size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14])
    return bytes([number << 3 | 2]) + length + content


def test_graphs_inside_graphs_have_an_end(tmp_path: Path) -> None:
    graph = b""
    for _ in range(40):  # a graph with a node with an attribute with a graph
        graph = field(1, field(5, field(6, graph)))
    head = onnx.load_model_from_string(model())
    content = field(7, head.graph.SerializeToString() + graph)
    with pytest.raises(ModelInvalid, match="graphs inside graphs, over 32 deep"):
        validate_model(MANIFEST, write(tmp_path, content))


def test_a_second_graph_is_refused(tmp_path: Path) -> None:
    """Protobuf would merge the two into one that nobody looked at."""
    content = model() + field(7, b"")
    with pytest.raises(ModelInvalid, match="it has two graphs"):
        validate_model(MANIFEST, write(tmp_path, content))
