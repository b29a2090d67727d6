"""A file that says less of itself than its exporter wrote."""

from collections.abc import Callable, Mapping

import onnx


def as_exported(model: onnx.ModelProto) -> None:
    """It says all."""


def without_metadata(model: onnx.ModelProto) -> None:
    del model.metadata_props[:]
    model.producer_name = ""


def renamed(model: onnx.ModelProto) -> None:
    """Its outputs have numbers for names."""
    names = {output.name: f"out_{number}" for number, output in enumerate(model.graph.output)}
    for node in model.graph.node:
        node.output[:] = [names.get(output, output) for output in node.output]
    for output in model.graph.output:
        output.name = names[output.name]


def in_another_order(model: onnx.ModelProto) -> None:
    """Its last output comes first."""
    outputs = list(model.graph.output)
    del model.graph.output[:]
    model.graph.output.extend(reversed(outputs))


def with_all_of_these(model: onnx.ModelProto) -> None:
    without_metadata(model)
    renamed(model)
    in_another_order(model)


DISGUISES: Mapping[str, Callable[[onnx.ModelProto], None]] = {
    "as exported": as_exported,
    "without metadata": without_metadata,
    "outputs renamed": renamed,
    "outputs in another order": in_another_order,
    "all of these": with_all_of_these,
}


def disguised(content: bytes, disguise: str) -> bytes:
    """The file in one of `DISGUISES`."""
    model = onnx.load_from_string(content)
    DISGUISES[disguise](model)
    return bytes(model.SerializeToString())
