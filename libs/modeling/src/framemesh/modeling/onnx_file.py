"""The inputs and outputs of an ONNX file, read without loading it.

An ONNX file is one protobuf message. The few fields that are wanted stand between megabytes of
weights, so this walks over the message instead of parsing it; the `onnx` package would load all of
it and is ten times the size of the worker.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path

from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.signature import Signature, Tensor

# Field numbers of onnx.proto, which never change.
MODEL_GRAPH = 7
GRAPH_INITIALIZER, GRAPH_INPUT, GRAPH_OUTPUT = 5, 11, 12
INITIALIZER_NAME = 8
VALUE_NAME, VALUE_TYPE = 1, 2
TYPE_TENSOR = 1
TENSOR_ELEMENT, TENSOR_SHAPE = 1, 2
SHAPE_SIDE = 1
SIDE_LENGTH = 1

DATATYPES = {
    1: "FP32", 2: "UINT8", 3: "INT8", 4: "UINT16", 5: "INT16", 6: "INT32", 7: "INT64", 8: "BYTES",
    9: "BOOL", 10: "FP16", 11: "FP64", 12: "UINT32", 13: "UINT64", 16: "BF16",
}  # fmt: skip
"""Of onnx.TensorProto.DataType, as Triton calls them."""

VARINT, FIXED64, SPAN, FIXED32 = 0, 1, 2, 5
"""The wire types of protobuf that are in use."""


def read_signature(path: Path) -> Signature:
    """The inputs (without weights that are listed as such) and the outputs of an ONNX file.

    Raises:
        ModelInvalid: it is no ONNX file.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            return _signature(whole)
    except (ValueError, IndexError, KeyError) as error:
        raise ModelInvalid(f"{path.name} is not an ONNX model that can be read: {error}") from error


def _signature(whole: mmap.mmap) -> Signature:
    weights: set[str] = set()
    tensors: dict[int, list[Tensor]] = {GRAPH_INPUT: [], GRAPH_OUTPUT: []}
    for number, start, end in _fields(whole, 0, len(whole)):
        if number != MODEL_GRAPH:
            continue
        for part, first, last in _fields(whole, start, end):
            if part == GRAPH_INITIALIZER:
                weights.add(_text(whole, first, last, INITIALIZER_NAME))
            elif part in tensors:
                tensors[part].append(_tensor(whole, first, last))
    inputs = tuple(tensor for tensor in tensors[GRAPH_INPUT] if tensor.name not in weights)
    if not inputs or not tensors[GRAPH_OUTPUT]:
        raise ValueError("it has no inputs or no outputs")
    return Signature(inputs, tuple(tensors[GRAPH_OUTPUT]))


def _tensor(whole: mmap.mmap, start: int, end: int) -> Tensor:
    name = _text(whole, start, end, VALUE_NAME)
    element, shape = 0, []
    for kind in _within(whole, (start, end), VALUE_TYPE, TYPE_TENSOR):
        for number, first, last in _fields(whole, *kind):
            if number == TENSOR_ELEMENT:
                element = first
            elif number == TENSOR_SHAPE:
                sides = _within(whole, (first, last), SHAPE_SIDE)
                shape = [_side(whole, *side) for side in sides]
    return Tensor(name, DATATYPES[element], tuple(shape))


def _side(whole: mmap.mmap, start: int, end: int) -> int:
    """Its length, or -1 where it is a name or nothing."""
    return next(
        (first for number, first, _ in _fields(whole, start, end) if number == SIDE_LENGTH), -1
    )


def _text(whole: mmap.mmap, start: int, end: int, wanted: int) -> str:
    for first, last in _within(whole, (start, end), wanted):
        return whole[first:last].decode()
    return ""


def _within(whole: mmap.mmap, span: tuple[int, int], *path: int) -> Iterator[tuple[int, int]]:
    """The spans of all messages that lie at `path`, a field number for each level."""
    for number, start, end in _fields(whole, *span):
        if number == path[0]:
            if len(path) == 1:
                yield start, end
            else:
                yield from _within(whole, (start, end), *path[1:])


def _fields(whole: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(number, start, end) of every field of a message; (number, value, 0) for an integer."""
    while at < end:
        key, at = _varint(whole, at)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, at = _varint(whole, at)
            yield number, value, 0
        elif wire == SPAN:
            length, at = _varint(whole, at)
            if at + length > end:
                raise ValueError("it is cut off")
            yield number, at, at + length
            at += length
        elif wire in (FIXED32, FIXED64):
            at += 4 if wire == FIXED32 else 8
        else:
            raise ValueError(f"it is no protobuf (wire type {wire})")


def _varint(whole: mmap.mmap, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = whole[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at
        if shift > 63:
            raise ValueError("it holds what is no protobuf")
