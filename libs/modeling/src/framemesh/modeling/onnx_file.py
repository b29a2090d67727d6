"""What an ONNX file holds, read without loading it.

An ONNX file is one protobuf message. The few fields that are wanted stand between megabytes of
weights, so this walks over the message instead of parsing it; the `onnx` package would load all of
it and is ten times the size of the worker.
"""

import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.protobuf import MalformedProtobuf, ProtobufWalker, Span
from framemesh.modeling.runtime_message import printable
from framemesh.modeling.signature import NO_TENSOR, OPEN, Signature, Tensor

# Field numbers of onnx.proto, which never change.
MODEL_IR_VERSION, MODEL_PRODUCER, MODEL_GRAPH, MODEL_OPSETS = 1, 2, 7, 8
MODEL_METADATA, MODEL_FUNCTIONS = 14, 25
FIRST_FIELDS = frozenset({*range(1, 9), MODEL_METADATA})
"""Of a model, with which a file may begin."""
METADATA_KEY, METADATA_VALUE = 1, 2
OPSET_DOMAIN, OPSET_VERSION = 1, 2
FUNCTION_NAME, FUNCTION_NODES, FUNCTION_DOMAIN = 1, 7, 10
GRAPH_NODES, GRAPH_INITIALIZERS, GRAPH_INPUTS, GRAPH_OUTPUTS = 1, 5, 11, 12
GRAPH_SPARSE_INITIALIZERS = 15
NODE_INPUTS, NODE_OUTPUTS, NODE_OPERATOR, NODE_ATTRIBUTES, NODE_DOMAIN = 1, 2, 4, 5, 7
ATTRIBUTE_TENSOR, ATTRIBUTE_GRAPH, ATTRIBUTE_TENSORS, ATTRIBUTE_GRAPHS = 5, 6, 10, 11
SPARSE_VALUES = 1
TENSOR_NAME, TENSOR_LOCATION = 8, 14
LOCATION_EXTERNAL = 1
VALUE_NAME, VALUE_TYPE = 1, 2
TYPE_TENSOR = 1
TYPE_ELEMENT, TYPE_SHAPE = 1, 2
SHAPE_DIMENSION = 1
DIMENSION_LENGTH = 1

DATATYPES = {
    1: "FP32", 2: "UINT8", 3: "INT8", 4: "UINT16", 5: "INT16", 6: "INT32", 7: "INT64", 8: "BYTES",
    9: "BOOL", 10: "FP16", 11: "FP64", 12: "UINT32", 13: "UINT64", 16: "BF16",
}  # fmt: skip
"""Of onnx.TensorProto.DataType, as Triton calls them."""

MAX_METADATA_ENTRIES, MAX_METADATA_BYTES = 64, 256 * 1024
"""How many are read, and how long one may be: the names of 10,000 classes take that. What is beyond
is left out, because nothing that a model needs is there."""

MAX_NAME = 256
"""Characters of the name of an input or of an output, which is shown, and which Triton has, too."""

MAX_DEPTH = 32
"""Of graphs inside nodes of graphs (loops, branches); real models have two or three."""

LFS_POINTER = b"version https://git-lfs"
"""How a file begins whose content Git LFS has not fetched."""

Operator = tuple[str, str]
"""Domain and name; the domain of ONNX's own operators is empty."""


@dataclass(frozen=True, slots=True)
class OnnxFile:
    """What an ONNX file says of itself."""

    signature: Signature
    ir_version: int
    opsets: Mapping[str, int]
    """Version of each set of operators, by its domain."""
    operators: frozenset[Operator]
    """That its nodes are, those of inner graphs and of functions included."""
    functions: frozenset[Operator]
    """Operators that the file itself defines."""
    external: frozenset[str]
    """Names of tensors whose values lie in another file."""
    missing: frozenset[str]
    """Names of tensors that are used and that nothing in the file makes."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """What the exporter wrote about the model, by key."""
    producer: str = ""
    """The exporter: "pytorch", "tf2onnx", ..."""


def read_onnx(path: Path, what: str = "") -> OnnxFile:
    """
    Args:
        what: begins every message instead of the file's name.

    Raises:
        ModelInvalid: it is no ONNX file, it is cut off, or a tensor has no name.
    """
    what = what or path.name
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            if whole[: len(LFS_POINTER)] == LFS_POINTER:
                raise ModelInvalid(f"{what} is a pointer of Git LFS: run `git lfs pull`")
            return _Reader(ProtobufWalker(whole)).read()
    # An empty file cannot be mapped, and a name may be no UTF-8: both are ValueErrors.
    except ValueError as error:
        raise ModelInvalid(f"{what} is not an ONNX model that can be read: {error}") from error


def check_beginning(head: bytes, what: str) -> None:
    """Tell by its first byte what cannot be an ONNX file: zeros, a pickle, an archive.

    Args:
        what: begins the message.

    Raises:
        ModelInvalid: it begins with no field of a model.
    """
    if not head or head[0] >> 3 not in FIRST_FIELDS:
        raise ModelInvalid(
            f"{what} is not an ONNX model that can be read: it begins with no field of one"
        )


@dataclass(slots=True)
class _Reader:
    """Collects what is wanted while it walks over one file."""

    walker: ProtobufWalker
    operators: set[Operator] = field(default_factory=set)
    external: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    metadata: dict[str, str] = field(default_factory=dict)

    def read(self) -> OnnxFile:
        walker = self.walker
        opsets, functions, signature, ir_version = {}, set[Operator](), None, 0
        producer = ""
        for number, start, end in walker.fields(walker.whole):
            span = start, end
            if number == MODEL_IR_VERSION:
                ir_version = start if not end else ir_version
            elif number == MODEL_PRODUCER:
                producer = printable(walker.string((start, end)), MAX_NAME)
            elif number == MODEL_METADATA:
                self._read_metadata(span)
            elif number == MODEL_OPSETS:
                domain = _domain(walker.text(span, OPSET_DOMAIN))
                opsets[domain] = walker.integer(span, OPSET_VERSION)
            elif number == MODEL_FUNCTIONS:
                functions.add(
                    (walker.text(span, FUNCTION_DOMAIN), walker.text(span, FUNCTION_NAME))
                )
                for node in walker.within(span, FUNCTION_NODES):
                    self._read_node(node, 0)
            elif number == MODEL_GRAPH:
                if signature is not None:
                    raise MalformedProtobuf("it has two graphs")
                signature = self._signature(span)
                self._read_graph(span, 0)
                self.missing = self._missing(span)
        if signature is None or not self.operators:
            raise MalformedProtobuf("it has no graph, or an empty one")
        return OnnxFile(
            signature,
            ir_version,
            opsets,
            frozenset(self.operators),
            frozenset(functions),
            frozenset(self.external),
            frozenset(self.missing),
            self.metadata,
            producer,
        )

    def _read_metadata(self, entry: Span) -> None:
        start, end = entry
        if len(self.metadata) < MAX_METADATA_ENTRIES and end - start <= MAX_METADATA_BYTES:
            key = self.walker.text(entry, METADATA_KEY)
            self.metadata[key] = self.walker.text(entry, METADATA_VALUE)

    def _signature(self, graph: Span) -> Signature:
        walker = self.walker
        # Old exporters list the weights among the inputs as well.
        weights = {
            walker.text(tensor, TENSOR_NAME) for tensor in walker.within(graph, GRAPH_INITIALIZERS)
        }
        inputs = tuple(
            tensor for tensor in self._tensors(graph, GRAPH_INPUTS) if tensor.name not in weights
        )
        outputs = tuple(self._tensors(graph, GRAPH_OUTPUTS))
        if not inputs or not outputs:
            raise MalformedProtobuf("it has no inputs or no outputs")
        return Signature(inputs, outputs)

    def _tensors(self, graph: Span, number: int) -> Iterator[Tensor]:
        for value in self.walker.within(graph, number):
            name = self.walker.text(value, VALUE_NAME)
            if not name:
                raise MalformedProtobuf("an input or an output has no name")
            if len(name) > MAX_NAME or not name.isprintable():
                raise MalformedProtobuf(
                    f"an input or an output is called {printable(name, 40)!r}: export it with a "
                    f"name of letters and digits, and at most {MAX_NAME} of them"
                )
            yield self._tensor(name, value)

    def _tensor(self, name: str, value: Span) -> Tensor:
        walker = self.walker
        for kind in walker.within(value, VALUE_TYPE, TYPE_TENSOR):
            element = walker.integer(kind, TYPE_ELEMENT)
            # A dimension is a number, or open: a name, nothing, or a negative number.
            shape = tuple(
                max(OPEN, walker.integer(dimension, DIMENSION_LENGTH, OPEN))
                for dimension in walker.within(kind, TYPE_SHAPE, SHAPE_DIMENSION)
            )
            return Tensor(name, DATATYPES.get(element, f"type {element}"), shape)
        return Tensor(name, NO_TENSOR, ())

    def _missing(self, graph: Span) -> set[str]:
        # What an inner graph uses may come from any graph around it, so only the outermost is told.
        walker = self.walker
        used, made = set[str](), {""}
        for number, start, end in walker.fields(graph):
            span = start, end
            if number == GRAPH_NODES:
                used.update(map(walker.string, walker.within(span, NODE_INPUTS)))
                made.update(map(walker.string, walker.within(span, NODE_OUTPUTS)))
            elif number == GRAPH_INITIALIZERS:
                made.add(walker.text(span, TENSOR_NAME))
            elif number == GRAPH_SPARSE_INITIALIZERS:
                made.update(walker.text(v, TENSOR_NAME) for v in walker.within(span, SPARSE_VALUES))
            elif number == GRAPH_INPUTS:
                made.add(walker.text(span, VALUE_NAME))
            elif number == GRAPH_OUTPUTS:
                used.add(walker.text(span, VALUE_NAME))
        return used - made

    def _read_graph(self, graph: Span, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise MalformedProtobuf(f"it has graphs inside graphs, over {MAX_DEPTH} deep")
        for number, start, end in self.walker.fields(graph):
            span = start, end
            if number == GRAPH_NODES:
                self._read_node(span, depth)
            elif number == GRAPH_INITIALIZERS:
                self._read_weights(span)
            elif number == GRAPH_SPARSE_INITIALIZERS:
                for values in self.walker.within(span, SPARSE_VALUES):
                    self._read_weights(values)

    def _read_node(self, node: Span, depth: int) -> None:
        walker = self.walker
        domain = _domain(walker.text(node, NODE_DOMAIN))
        self.operators.add((domain, walker.text(node, NODE_OPERATOR)))
        for attribute in walker.within(node, NODE_ATTRIBUTES):
            for number, start, end in walker.fields(attribute):
                if number in (ATTRIBUTE_GRAPH, ATTRIBUTE_GRAPHS):
                    self._read_graph((start, end), depth + 1)
                elif number in (ATTRIBUTE_TENSOR, ATTRIBUTE_TENSORS):
                    self._read_weights((start, end))

    def _read_weights(self, tensor: Span) -> None:
        if self.walker.integer(tensor, TENSOR_LOCATION) == LOCATION_EXTERNAL:
            self.external.add(self.walker.text(tensor, TENSOR_NAME))


def _domain(name: str) -> str:
    """ONNX's own domain has two names."""
    return "" if name == "ai.onnx" else name
