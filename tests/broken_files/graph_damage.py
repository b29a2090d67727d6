"""Damage to what a model says: types, names, dimensions, weights, and graphs that do harm."""

from collections.abc import Callable, Mapping
from random import Random

import onnx
from onnx import ModelProto, TensorProto, helper

ABSURD = (0, -5, 3, 10**6, 2**31, 2**40, 2**62)
"""For a dimension."""

HUGE = [1, 40_000, 40_000]
"""A tensor of 6.4 GB."""


def wrong_type(model: ModelProto, rng: Random) -> None:
    described = rng.choice([model.graph.input[0], model.graph.output[0]])
    described.type.tensor_type.elem_type = rng.choice([0, 7, 8, 9, 16, 99])


def wrong_weight_type(model: ModelProto, rng: Random) -> None:
    rng.choice(model.graph.initializer).data_type = rng.choice([0, 2, 7, 8, 10, 99])


def missing_initializers(model: ModelProto, rng: Random) -> None:
    del model.graph.initializer[rng.randrange(len(model.graph.initializer)) :]


def absurd_dimension(model: ModelProto, rng: Random) -> None:
    described = rng.choice([model.graph.input[0], model.graph.output[0]])
    rng.choice(described.type.tensor_type.shape.dim).dim_value = rng.choice(ABSURD)


def absurd_weight(model: ModelProto, rng: Random) -> None:
    weight = rng.choice(model.graph.initializer)
    weight.dims[:] = [rng.choice(ABSURD) for _ in range(rng.randrange(1, 4))]


def zero_size(model: ModelProto, rng: Random) -> None:
    weight = rng.choice(model.graph.initializer)
    weight.CopyFrom(helper.make_tensor(weight.name, TensorProto.FLOAT, [0], []))


def clash_of_outputs(model: ModelProto, rng: Random) -> None:
    graph = model.graph
    graph.node[-1].output[0] = rng.choice([graph.input[0].name, graph.node[0].output[0]])


def clash_of_weights(model: ModelProto, rng: Random) -> None:
    first, second = rng.sample(range(len(model.graph.initializer)), 2)
    model.graph.initializer[first].name = model.graph.initializer[second].name


def clash_of_input(model: ModelProto, rng: Random) -> None:
    rng.choice(model.graph.initializer).name = model.graph.input[0].name


def circle(model: ModelProto, rng: Random) -> None:
    """A node that waits for what comes of it."""
    model.graph.node[0].input[0] = model.graph.node[-1].output[0]


def unknown_operator(model: ModelProto, rng: Random) -> None:
    node = rng.choice(model.graph.node)
    node.op_type = rng.choice(["NoSuchOperator", "", "Conv\n" * 50, "x" * 100_000])
    node.domain = rng.choice(["", "com.example.plugin"])


def strange_name(model: ModelProto, rng: Random) -> None:
    name = rng.choice(["", "x" * 200_000, "a\nb\x1b[31mred", "../../../etc/passwd", "\u202e"])
    for node in model.graph.node:
        node.output[:] = [
            name if each == model.graph.output[0].name else each for each in node.output
        ]
    model.graph.output[0].name = name


def strange_version(model: ModelProto, rng: Random) -> None:
    if rng.random() < 0.5:
        model.ir_version = rng.choice([0, -1, 10**9])
    else:
        model.opset_import[0].version = rng.choice([0, -1, 5, 10**9])


def strange_metadata(model: ModelProto, rng: Random) -> None:
    """Names of classes that a parser may choke on."""
    names = rng.choice(["(" * 50_000, "{0: " * 5_000, "[" + "'x', " * 50_000, "\x00", "{0: 1e999}"])
    helper.set_model_props(model, {"names": names, "stride": "32", "task": "detect"})


def greedy(model: ModelProto, rng: Random) -> None:
    """It asks for gigabytes when it is run."""
    _before_all(
        model,
        [
            helper.make_node("Constant", [], ["huge"], value_ints=HUGE),
            helper.make_node("ConstantOfShape", ["huge"], ["filled"]),
            helper.make_node("ReduceMax", ["filled"], ["peak"], keepdims=0),
        ],
        "peak",
    )


def endless(model: ModelProto, rng: Random) -> None:
    """A loop that never ends."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["still_going"]),
            helper.make_node("Identity", ["value"], ["next_value"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("value", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("still_going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next_value", TensorProto.FLOAT, None),
        ],
    )
    zero = helper.make_tensor("value", TensorProto.FLOAT, [], [0.0])
    _before_all(
        model,
        [
            helper.make_node("Constant", [], ["start"], value=zero),
            helper.make_node("Loop", ["", "", "start"], ["looped"], body=body),
        ],
        "looped",
    )


def _before_all(model: ModelProto, nodes: list[onnx.NodeProto], value: str) -> None:
    """Add `value`, which `nodes` make, to the model's last answer."""
    last = model.graph.node[-1]
    answer = last.output[0]
    last.output[0] = "as it was"
    model.graph.node.extend(
        [
            *nodes,
            helper.make_node("Cast", [value], ["as a float"], to=TensorProto.FLOAT),
            helper.make_node("Cast", ["as it was"], ["as floats"], to=TensorProto.FLOAT),
            helper.make_node("Add", ["as floats", "as a float"], [answer]),
        ]
    )


GRAPH_DAMAGE: Mapping[str, Callable[[ModelProto, Random], None]] = {
    "wrong type": wrong_type,
    "wrong weight type": wrong_weight_type,
    "missing initializers": missing_initializers,
    "absurd dimension": absurd_dimension,
    "absurd weight": absurd_weight,
    "zero size": zero_size,
    "clash of outputs": clash_of_outputs,
    "clash of weights": clash_of_weights,
    "clash of input": clash_of_input,
    "circle": circle,
    "unknown operator": unknown_operator,
    "strange name": strange_name,
    "strange version": strange_version,
    "strange metadata": strange_metadata,
    "greedy": greedy,
    "endless": endless,
}
