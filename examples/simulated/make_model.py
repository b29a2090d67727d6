"""Makes model.onnx: `python examples/simulated/make_model.py`."""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

FILE = Path(__file__).with_name("model.onnx")


def make() -> onnx.ModelProto:
    """A CenterNet of one cell that never detects anything: each value is x - x."""
    nodes = [
        helper.make_node("Cast", ["images"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMax", ["pixels"], ["x"], axes=[1, 2, 3]),
        helper.make_node("Sub", ["x", "x"], ["heatmap"]),
        helper.make_node("Concat", ["heatmap"] * 4, ["boxes"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "simulated",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["batch", 64, 64, 3])],
        [
            helper.make_tensor_value_info("heatmap", TensorProto.FLOAT, ["batch", 1, 1, 1]),
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ["batch", 4, 1, 1]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


if __name__ == "__main__":
    onnx.save(make(), FILE)
