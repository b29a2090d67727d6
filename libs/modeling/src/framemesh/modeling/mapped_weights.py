"""A model whose weights stay in its file, and are mapped into memory from there.

A runtime that loads an ONNX file copies its weights once or twice, in each process anew. Those of
a file beside the graph it maps: processes that run one model then have them in common, and they
are in memory once. Nothing is copied for that: what is written is the graph, with the places at
which the weights lie in the file as it is.
"""

import mmap
from pathlib import Path

from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.protobuf import ProtobufWalker, Span
from framemesh.modeling.rewriting import (
    Piece,
    Slice,
    header,
    integer,
    message,
    size_of,
    write_pieces,
)

MIN_SHARED_BYTES = 64 * 1024 * 1024
"""Of a file for which this is done: an inference with mapped weights takes about a tenth longer."""

MIN_WEIGHT_BYTES = 4096
"""Smaller ones stay in the graph: a runtime reads shapes and axes while it loads it."""

# Field numbers of onnx.proto, which never change.
MODEL_GRAPH, GRAPH_INITIALIZERS = 7, 5
TENSOR_RAW_DATA, TENSOR_EXTERNAL_DATA, TENSOR_LOCATION = 9, 13, 14
ENTRY_KEY, ENTRY_VALUE = 1, 2
EXTERNAL = 1


def is_large(onnx: Path) -> bool:
    """Whether the weights of a file are worth to be mapped."""
    return onnx.is_file() and onnx.stat().st_size >= MIN_SHARED_BYTES


def written_apart(onnx: Path, graph: Path, weights: str) -> bool:
    """Write the graph of `onnx` alone, with the file itself beside it as `weights`; False, and
    nothing written, where it lies on another disk.

    Raises:
        ModelInvalid: `onnx` is no ONNX file.
    """
    try:
        # onnxruntime refuses weights outside of the folder, so a symbolic link would not do.
        graph.with_name(weights).hardlink_to(onnx.resolve())
    except OSError:
        return False
    write_graph(onnx, graph, weights)
    return True


def write_graph(onnx: Path, graph: Path, weights: str) -> None:
    """Write the graph of `onnx` to `graph`.

    Args:
        weights: by which name `onnx` will lie beside `graph`.

    Raises:
        ModelInvalid: `onnx` is no ONNX file.
    """
    try:
        with onnx.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            walker = ProtobufWalker(whole)
            pieces = _model(_Source(onnx, walker, weights))
    except ValueError as error:
        raise ModelInvalid(f"{onnx.name} is not an ONNX model that can be read: {error}") from error
    write_pieces(pieces, graph)


class _Source:
    """The file, and how the graph will call it."""

    def __init__(self, path: Path, walker: ProtobufWalker, weights: str) -> None:
        self.walker = walker
        self.weights = weights
        self._path = path

    def copied(self, span: Span) -> Slice:
        return Slice(self._path, span[0], span[1] - span[0])


def _model(source: _Source) -> list[Piece]:
    pieces: list[Piece] = []
    for number, start, end, whole in source.walker.entries(source.walker.whole):
        if number == MODEL_GRAPH and end:
            graph = _graph(source, (start, end))
            pieces += [header(MODEL_GRAPH, size_of(graph)), *graph]
        else:
            pieces.append(source.copied(whole))
    return pieces


def _graph(source: _Source, span: Span) -> list[Piece]:
    pieces: list[Piece] = []
    for number, start, end, whole in source.walker.entries(span):
        tensor = _apart(source, (start, end)) if number == GRAPH_INITIALIZERS and end else None
        if tensor is None:
            pieces.append(source.copied(whole))
        else:
            pieces += [header(GRAPH_INITIALIZERS, size_of(tensor)), *tensor]
    return pieces


def _apart(source: _Source, span: Span) -> list[Piece] | None:
    """A tensor without its values, and with their place; None where they stay."""
    values = next(source.walker.within(span, TENSOR_RAW_DATA), None)
    if values is None or values[1] - values[0] < MIN_WEIGHT_BYTES:
        return None
    places = {
        "location": source.weights,
        "offset": str(values[0]),
        "length": str(values[1] - values[0]),
    }
    kept: list[Piece] = [
        source.copied(whole)
        for number, _, _, whole in source.walker.entries(span)
        if number not in (TENSOR_RAW_DATA, TENSOR_EXTERNAL_DATA, TENSOR_LOCATION)
    ]
    entries = [message(TENSOR_EXTERNAL_DATA, _entry(key, value)) for key, value in places.items()]
    return [*kept, *entries, integer(TENSOR_LOCATION, EXTERNAL)]


def _entry(key: str, value: str) -> bytes:
    return message(ENTRY_KEY, key.encode()) + message(ENTRY_VALUE, value.encode())
