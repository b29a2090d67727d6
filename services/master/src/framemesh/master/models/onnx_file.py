"""Whether an ONNX file is what its manifest says, before anything tries to run it."""

import onnx
from google.protobuf.message import DecodeError

from framemesh.core.errors import Code, FramemeshError
from framemesh.modeling.manifest import DType, ModelManifest

_ELEMENT_TYPE = {
    DType.UINT8: onnx.TensorProto.UINT8,
    DType.FLOAT32: onnx.TensorProto.FLOAT,
}


class ModelUnfit(FramemeshError):
    """The ONNX file and its manifest do not fit together."""

    code = Code.INVALID


def check_onnx(manifest: ModelManifest, content: bytes) -> None:
    """Check the file's input against the manifest.

    Raises:
        ModelUnfit: names the field of the manifest and the tensor.
    """
    graph = _graph(manifest, content)
    weights = {tensor.name for tensor in graph.initializer}
    inputs = {
        value.name: value.type.tensor_type for value in graph.input if value.name not in weights
    }
    wanted = manifest.input
    if wanted.name not in inputs:
        raise ModelUnfit(
            f"input.name: the file has no input {wanted.name!r}, it has {_list(inputs)}"
        )
    if len(inputs) > 1:
        raise ModelUnfit(
            f"input: the file has {len(inputs)} inputs ({_list(inputs)}), one is needed"
        )
    found = inputs[wanted.name]
    if found.elem_type != _ELEMENT_TYPE[wanted.dtype]:
        have = _type_name(found.elem_type)
        raise ModelUnfit(f"input.dtype: {wanted.name!r} is {have}, not {wanted.dtype}")
    _check_shape(manifest, [_size(d) for d in found.shape.dim])


def _check_shape(manifest: ModelManifest, shape: list[int]) -> None:
    """Sizes of 0 are left open by the file."""
    wanted = manifest.input
    name = f"input {wanted.name!r} is {_shape(shape)}"
    if len(shape) != 4:
        raise ModelUnfit(f"input: {name}, not [batch, ...] of one picture")
    if any(have not in {0, want} for have, want in zip(shape[1:], wanted.shape, strict=True)):
        raise ModelUnfit(
            f"input.width, height, layout: {name}, the manifest says {_shape([0, *wanted.shape])}"
        )
    if shape[0] not in {0, manifest.max_batch}:
        raise ModelUnfit(f"max_batch: {name}, so max_batch must be {shape[0]}")


def _graph(manifest: ModelManifest, content: bytes) -> onnx.GraphProto:
    try:
        graph: onnx.GraphProto = onnx.load_model_from_string(content).graph
    except DecodeError as error:
        raise ModelUnfit(f"file: {manifest.file} is no ONNX file") from error
    if not graph.node:
        raise ModelUnfit(f"file: {manifest.file} is no ONNX file, or an empty one")
    return graph


def _type_name(number: int) -> str:
    # A file made by a newer ONNX, or a broken one, may have a type that we do not know.
    known = number in onnx.TensorProto.DataType.values()
    return onnx.TensorProto.DataType.Name(number).lower() if known else f"of type {number}"


def _size(dimension: onnx.TensorShapeProto.Dimension) -> int:
    # Some exporters write -1 for a size that is open.
    return max(0, int(dimension.dim_value))


def _shape(sizes: list[int]) -> str:
    return "[" + ", ".join(str(size or "any") for size in sizes) + "]"


def _list(names: dict[str, onnx.TypeProto.Tensor]) -> str:
    return ", ".join(map(repr, names)) or "none"
