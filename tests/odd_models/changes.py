"""What people's exporters do to an ONNX file."""

from collections.abc import Callable

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.odd_models.odd_model import SIDE

STRANGE = 'in "put" /ü\\n'


def output_is(kind: int) -> Callable[[onnx.ModelProto], None]:
    def change(made: onnx.ModelProto) -> None:
        made.graph.node[-1].output[0] = "scores"
        made.graph.node.append(helper.make_node("Cast", ["scores"], ["logits"], to=kind))
        made.graph.output[0].type.tensor_type.elem_type = kind

    return change


def target_sizes(kind: int, *shape: int | str) -> Callable[[onnx.ModelProto], None]:
    """A second input, which the scores are multiplied with: a value of 0 would give nothing."""

    def change(made: onnx.ModelProto) -> None:
        made.graph.input.append(helper.make_tensor_value_info("orig_target_sizes", kind, shape))
        made.graph.node[-1].output[0] = "scores"
        made.graph.node.append(
            helper.make_node("Cast", ["orig_target_sizes"], ["sizes"], to=TensorProto.FLOAT)
        )
        made.graph.initializer.append(numpy_helper.from_array(np.array(8, np.float32), "eight"))
        made.graph.node.append(helper.make_node("Div", ["sizes", "eight"], ["factor"]))
        made.graph.node.append(helper.make_node("Mul", ["scores", "factor"], ["logits"]))

    return change


def no_batch(made: onnx.ModelProto) -> None:
    """The picture alone in, the scores alone out."""
    made.graph.input[0].CopyFrom(
        helper.make_tensor_value_info("images", TensorProto.UINT8, [SIDE, SIDE, 3])
    )
    made.graph.node[-1].output[0] = "row"
    made.graph.initializer.append(numpy_helper.from_array(np.array([2], np.int64), "two"))
    made.graph.node.append(helper.make_node("Reshape", ["row", "two"], ["logits"]))
    output_shape(2)(made)


def one_number(made: onnx.ModelProto) -> None:
    """A score for each picture, without a dimension beside the batch."""
    made.graph.node[-1].output[0] = "both"
    made.graph.node.append(helper.make_node("ReduceMax", ["both"], ["best"], axes=[1], keepdims=0))
    made.graph.node.append(helper.make_node("Sigmoid", ["best"], ["logits"]))
    output_shape("n")(made)
    made.graph.node[-1].output[0] = made.graph.output[0].name = "pred_score"


def alone_with_sizes(made: onnx.ModelProto) -> None:
    no_batch(made)
    target_sizes(TensorProto.INT64, 2)(made)


def output_shape(*shape: int | str) -> Callable[[onnx.ModelProto], None]:
    def change(made: onnx.ModelProto) -> None:
        made.graph.output[0].CopyFrom(
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape)
        )

    return change


def exactly(batch: int) -> Callable[[onnx.ModelProto], None]:
    """No other number of pictures will do: the scores are written as so many rows."""

    def change(made: onnx.ModelProto) -> None:
        made.graph.node[-1].output[0] = "rows"
        shape = numpy_helper.from_array(np.array([batch, 2], np.int64), "rows and classes")
        made.graph.initializer.append(shape)
        made.graph.node.append(helper.make_node("Reshape", ["rows", shape.name], ["logits"]))

    return change


def more_output(made: onnx.ModelProto) -> None:
    made.graph.node.append(helper.make_node("ArgMax", ["logits"], ["best"], axis=1, keepdims=1))
    made.graph.output.append(helper.make_tensor_value_info("best", TensorProto.INT64, ["n", 1]))


def same_output_twice(made: onnx.ModelProto) -> None:
    made.graph.output.append(made.graph.output[0])


def nameless_output(made: onnx.ModelProto) -> None:
    made.graph.output[0].name = ""


def sequence_output(made: onnx.ModelProto) -> None:
    made.graph.node[-1].output[0] = "scores"
    made.graph.node.append(helper.make_node("SequenceConstruct", ["scores"], ["logits"]))
    del made.graph.output[:]
    made.graph.output.append(
        helper.make_tensor_sequence_value_info("logits", TensorProto.FLOAT, ["n", 2])
    )


def undeclared_output(made: onnx.ModelProto) -> None:
    made.graph.output[0].name = "probabilities"


def no_weights(made: onnx.ModelProto) -> None:
    del made.graph.initializer[1]


def external(tensor: onnx.TensorProto) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="odd.onnx.data")


def external_weights(made: onnx.ModelProto) -> None:
    external(made.graph.initializer[1])


def external_constant(made: onnx.ModelProto) -> None:
    values = helper.make_tensor("inner", TensorProto.FLOAT, [1], [0.0])
    external(values)
    made.graph.node.append(helper.make_node("Constant", [], ["unused"], value=values))


def plugin(made: onnx.ModelProto) -> None:
    made.graph.node[-1].op_type = "EfficientNMS_TRT"
    made.graph.node[-1].domain = "TRT"
    made.opset_import.append(helper.make_opsetid("TRT", 1))


def plugin_in_a_branch(made: onnx.ModelProto) -> None:
    made.graph.node[-1].output[0] = "scores"
    branch = helper.make_graph(
        [helper.make_node("Secret", ["scores"], ["out"], domain="TRT")],
        "branch",
        [],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", 2])],
    )
    always = helper.make_tensor("always", TensorProto.BOOL, [], [True])
    made.graph.node.append(helper.make_node("Constant", [], ["always"], value=always))
    made.graph.node.append(
        helper.make_node("If", ["always"], ["logits"], then_branch=branch, else_branch=branch)
    )
    made.opset_import.append(helper.make_opsetid("TRT", 1))


def own_function(made: onnx.ModelProto) -> None:
    made.graph.node[-1].output[0] = "scores"
    made.graph.node.append(helper.make_node("Same", ["scores"], ["logits"], domain="own"))
    made.opset_import.append(helper.make_opsetid("own", 1))
    made.functions.append(
        helper.make_function(
            "own",
            "Same",
            ["a"],
            ["b"],
            [helper.make_node("Identity", ["a"], ["b"])],
            [helper.make_opsetid("", 13)],
        )
    )


def no_opset(made: onnx.ModelProto) -> None:
    del made.opset_import[:]


def no_nodes(made: onnx.ModelProto) -> None:
    del made.graph.node[:]


def weights_are_inputs_too(made: onnx.ModelProto) -> None:
    made.graph.input.append(
        helper.make_tensor_value_info("weights", TensorProto.FLOAT, [SIDE * SIDE * 3, 2])
    )


def strange_names(made: onnx.ModelProto) -> None:
    made.graph.input[0].name = made.graph.node[0].input[0] = STRANGE
    made.graph.output[0].name = made.graph.node[-1].output[0] = "StatefulPartitionedCall:0"
