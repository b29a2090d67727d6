"""Small models as people bring them: some can be served, the others have a line that says why not.

Each one that is accepted must be served by a real Triton; that is what "accepted" means.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from framemesh.modeling.loadable import MAX_IR_VERSION, MAX_OPSET
from framemesh.modeling.manifest import (
    Activation,
    Color,
    Constant,
    DecoderSpec,
    DType,
    Fit,
    InputSpec,
    Layout,
    ModelManifest,
)

SIDE = 8
Shape = Sequence[int | str] | None

MANIFEST = ModelManifest(
    name="odd",
    file="odd.onnx",
    labels=("dark", "bright"),
    input=InputSpec("images", SIDE, SIDE, layout=Layout.NHWC, dtype=DType.UINT8),
    decoder=DecoderSpec("classification", score_threshold=0.1, activation=Activation.SOFTMAX),
    max_batch=4,
)


@dataclass(frozen=True)
class OddModel:
    """A model, and whether it can be served."""

    name: str
    onnx: bytes
    manifest: ModelManifest = MANIFEST
    refused: str = ""
    """A part of the line that refuses it; empty: it is accepted."""


def model(
    batch: int | str = "n",
    *,
    input_shape: Shape = ("n", SIDE, SIDE, 3),
    input_type: int = TensorProto.UINT8,
    output_shape: Shape = ("n", 2),
    channels: int = 3,
    output: str = "logits",
    opset: int = 13,
    ir_version: int = 8,
    change: Callable[[onnx.ModelProto], None] = lambda _: None,
) -> bytes:
    """A classifier of two classes by brightness, with some of what it says of itself replaced."""
    shape = None if input_shape is None else [batch, *input_shape[1:]]
    answer = None if output_shape is None else [batch, *output_shape[1:]]
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["images"], ["whole"], to=TensorProto.FLOAT),
            helper.make_node("Reshape", ["whole", "flat"], ["pixels"]),
            helper.make_node("MatMul", ["pixels", "weights"], [output]),
        ],
        "graph",
        [helper.make_tensor_value_info("images", input_type, shape)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, answer)],
        [
            numpy_helper.from_array(np.array([-1, SIDE * SIDE * channels], np.int64), "flat"),
            numpy_helper.from_array(
                np.tile(np.array([-0.01, 0.01], np.float32), (SIDE * SIDE * channels, 1)), "weights"
            ),
        ],
    )
    made = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version
    )
    change(made)
    content: bytes = made.SerializeToString()
    return content


def _output_is(kind: int) -> Callable[[onnx.ModelProto], None]:
    def change(made: onnx.ModelProto) -> None:
        made.graph.node[-1].output[0] = "scores"
        made.graph.node.append(helper.make_node("Cast", ["scores"], ["logits"], to=kind))
        made.graph.output[0].type.tensor_type.elem_type = kind

    return change


def _target_sizes(kind: int, *shape: int | str) -> Callable[[onnx.ModelProto], None]:
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


def _no_batch(made: onnx.ModelProto) -> None:
    """The picture alone in, the scores alone out."""
    made.graph.input[0].CopyFrom(
        helper.make_tensor_value_info("images", TensorProto.UINT8, [SIDE, SIDE, 3])
    )
    made.graph.node[-1].output[0] = "row"
    made.graph.initializer.append(numpy_helper.from_array(np.array([2], np.int64), "two"))
    made.graph.node.append(helper.make_node("Reshape", ["row", "two"], ["logits"]))
    _output_shape(2)(made)


def _one_number(made: onnx.ModelProto) -> None:
    """A score for each picture, without a dimension beside the batch."""
    made.graph.node[-1].output[0] = "both"
    made.graph.node.append(helper.make_node("ReduceMax", ["both"], ["best"], axes=[1], keepdims=0))
    made.graph.node.append(helper.make_node("Sigmoid", ["best"], ["logits"]))
    _output_shape("n")(made)
    made.graph.node[-1].output[0] = made.graph.output[0].name = "pred_score"


def _alone_with_sizes(made: onnx.ModelProto) -> None:
    _no_batch(made)
    _target_sizes(TensorProto.INT64, 2)(made)


def _output_shape(*shape: int | str) -> Callable[[onnx.ModelProto], None]:
    def change(made: onnx.ModelProto) -> None:
        made.graph.output[0].CopyFrom(
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape)
        )

    return change


def _exactly(batch: int) -> Callable[[onnx.ModelProto], None]:
    """No other number of pictures will do: the scores are written as so many rows."""

    def change(made: onnx.ModelProto) -> None:
        made.graph.node[-1].output[0] = "rows"
        shape = numpy_helper.from_array(np.array([batch, 2], np.int64), "rows and classes")
        made.graph.initializer.append(shape)
        made.graph.node.append(helper.make_node("Reshape", ["rows", shape.name], ["logits"]))

    return change


def _more_output(made: onnx.ModelProto) -> None:
    made.graph.node.append(helper.make_node("ArgMax", ["logits"], ["best"], axis=1, keepdims=1))
    made.graph.output.append(helper.make_tensor_value_info("best", TensorProto.INT64, ["n", 1]))


def _same_output_twice(made: onnx.ModelProto) -> None:
    made.graph.output.append(made.graph.output[0])


def _nameless_output(made: onnx.ModelProto) -> None:
    made.graph.output[0].name = ""


def _sequence_output(made: onnx.ModelProto) -> None:
    made.graph.node[-1].output[0] = "scores"
    made.graph.node.append(helper.make_node("SequenceConstruct", ["scores"], ["logits"]))
    del made.graph.output[:]
    made.graph.output.append(
        helper.make_tensor_sequence_value_info("logits", TensorProto.FLOAT, ["n", 2])
    )


def _undeclared_output(made: onnx.ModelProto) -> None:
    made.graph.output[0].name = "probabilities"


def _no_weights(made: onnx.ModelProto) -> None:
    del made.graph.initializer[1]


def _external(tensor: onnx.TensorProto) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="odd.onnx.data")


def _external_weights(made: onnx.ModelProto) -> None:
    _external(made.graph.initializer[1])


def _external_constant(made: onnx.ModelProto) -> None:
    values = helper.make_tensor("inner", TensorProto.FLOAT, [1], [0.0])
    _external(values)
    made.graph.node.append(helper.make_node("Constant", [], ["unused"], value=values))


def _plugin(made: onnx.ModelProto) -> None:
    made.graph.node[-1].op_type = "EfficientNMS_TRT"
    made.graph.node[-1].domain = "TRT"
    made.opset_import.append(helper.make_opsetid("TRT", 1))


def _plugin_in_a_branch(made: onnx.ModelProto) -> None:
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


def _own_function(made: onnx.ModelProto) -> None:
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


def _no_opset(made: onnx.ModelProto) -> None:
    del made.opset_import[:]


def _no_nodes(made: onnx.ModelProto) -> None:
    del made.graph.node[:]


def _weights_are_inputs_too(made: onnx.ModelProto) -> None:
    made.graph.input.append(
        helper.make_tensor_value_info("weights", TensorProto.FLOAT, [SIDE * SIDE * 3, 2])
    )


def _strange_names(made: onnx.ModelProto) -> None:
    made.graph.input[0].name = made.graph.node[0].input[0] = STRANGE
    made.graph.output[0].name = made.graph.node[-1].output[0] = "StatefulPartitionedCall:0"


STRANGE = 'in "put" /ü\\n'
FIXED = replace(MANIFEST, max_batch=1)


def sized(*values: Constant) -> ModelManifest:
    return replace(MANIFEST, constants={"orig_target_sizes": values})


MAP = replace(MANIFEST, decoder=DecoderSpec("fastestdet"))

ACCEPTED = (
    OddModel("open batch", model()),
    OddModel("batch of -1, as Paddle writes it", model(-1)),
    OddModel("fixed batch of 1", model(1), FIXED),
    OddModel("open batch, one at a time", model(), FIXED),
    OddModel("open height and width", model(input_shape=("n", "h", "w", 3))),
    OddModel("open classes", model(input_shape=("n", "h", "w", "c"))),
    OddModel("its own function", model(change=_own_function)),
    OddModel("weights among the inputs", model(change=_weights_are_inputs_too)),
    OddModel(
        "strange names",
        model(change=_strange_names),
        replace(MANIFEST, input=replace(MANIFEST.input, name=STRANGE)),
    ),
    OddModel("fixed batch of 4", model(4, change=_exactly(4))),
    OddModel("fixed batch of 4, one at a time", model(4, change=_exactly(4)), FIXED),
    OddModel("fixed batch of 1 out", model(output_shape=None, change=_output_shape(1, 2)), FIXED),
    OddModel("no batch dimension", model(change=_no_batch), FIXED),
    OddModel(
        "one number for each picture",
        model(change=_one_number),
        replace(MANIFEST, labels=("bright",), decoder=DecoderSpec("anomaly", score_threshold=0.1)),
    ),
    OddModel(
        "a second input of whole numbers",
        model(change=_target_sizes(TensorProto.INT64, "n", 2)),
        sized(8, 8),
    ),
    OddModel(
        "a second input of floats, one number for all",
        model(change=_target_sizes(TensorProto.FLOAT, "n", 2)),
        replace(MANIFEST, constants={"orig_target_sizes": 8}),
    ),
    OddModel(
        "a second input without a batch dimension",
        model(change=_target_sizes(TensorProto.INT32, 2)),
        replace(sized(8, 8), max_batch=1),
    ),
    OddModel(
        "a second input without a batch dimension, several images at a time",
        model(change=_target_sizes(TensorProto.INT32, 2)),
        sized(8, 8),
    ),
    OddModel(
        "a second input that is a scalar",
        model(change=_target_sizes(TensorProto.FLOAT)),
        sized(8),
    ),
    OddModel(
        "a second input that is a scalar, one image at a time",
        model(change=_target_sizes(TensorProto.INT64)),
        replace(sized(8), max_batch=1),
    ),
    OddModel(
        "a second input that has the sides of the input",
        model(change=_target_sizes(TensorProto.FLOAT, "n", 2)),
        sized("height", "width"),
    ),
    OddModel(
        "grey images without a dimension for it",
        model(input_shape=("n", SIDE, SIDE), channels=1),
        replace(MANIFEST, input=replace(MANIFEST.input, layout=Layout.NHW, color=Color.GRAY)),
    ),
    OddModel(
        "a second input of a fixed batch",
        model(4, change=_target_sizes(TensorProto.INT64, 4, 2)),
        sized(8, 8),
    ),
    OddModel(
        "no batch dimension and a second input",
        model(change=_alone_with_sizes),
        replace(sized(8, 8), max_batch=1),
    ),
    OddModel(
        "half floats in",
        model(input_type=TensorProto.FLOAT16),
        replace(MANIFEST, input=replace(MANIFEST.input, dtype=DType.FLOAT16, scale=1 / 255)),
    ),
    OddModel(
        "whole numbers in",
        model(input_type=TensorProto.INT32),
        replace(MANIFEST, input=replace(MANIFEST.input, dtype=DType.INT32)),
    ),
    OddModel(
        "one channel",
        model(input_shape=("n", SIDE, SIDE, 1), channels=1),
        replace(MANIFEST, input=replace(MANIFEST.input, color=Color.GRAY)),
    ),
    OddModel(
        "one channel first",
        model(input_shape=("n", 1, SIDE, SIDE), channels=1),
        replace(MANIFEST, input=replace(MANIFEST.input, color=Color.GRAY, layout=Layout.NCHW)),
    ),
    OddModel(
        "a centre crop",
        model(),
        replace(MANIFEST, input=replace(MANIFEST.input, fit=Fit.CENTER_CROP)),
    ),
    OddModel("half floats out", model(change=_output_is(TensorProto.FLOAT16))),
    OddModel("double floats out", model(change=_output_is(TensorProto.DOUBLE))),
    OddModel("an unread output of integers", model(change=_more_output)),
    OddModel("the newest opset", model(opset=MAX_OPSET, ir_version=MAX_IR_VERSION)),
)

REFUSED = (
    OddModel(
        "fixed batch of 2, more wanted",
        model(2),
        refused="images UINT8 [2, 8, 8, 3] takes 2 images at a time: set max_batch to 2",
    ),
    OddModel(
        "no batch dimension, more wanted",
        model(change=_no_batch),
        refused="the input images UINT8 [8, 8, 3] has no batch dimension: set max_batch to 1",
    ),
    OddModel(
        "a batch of 1 out of an open one",
        model(output_shape=None, change=_output_shape(1, 2)),
        refused="tensor logits FP32 [1, 2] takes one image at a time: set max_batch to 1",
    ),
    OddModel(
        "another batch out than in",
        model(4, change=_output_shape(3, 2)),
        refused="tensor logits FP32 [3, 2] must have the batch first, open or 4",
    ),
    OddModel("fixed batch of 1, more wanted", model(1), refused="set max_batch to 1"),
    OddModel("batch of 0", model(0), refused="tensor images UINT8 [0, 8, 8, 3] must have"),
    OddModel(
        "no sides of the input",
        model(input_shape=None),
        refused="input.width, height, layout, color: the input is images UINT8 []",
    ),
    OddModel(
        "one channel",
        model(input_shape=("n", SIDE, SIDE, 1)),
        refused="the input is images UINT8 [-1, 8, 8, 1], and the manifest says [-1, 8, 8, 3]",
    ),
    OddModel(
        "an input of no pixels",
        model(input_shape=("n", 0, SIDE, 3)),
        refused="the input is images UINT8 [-1, 0, 8, 3]",
    ),
    OddModel(
        "half floats in",
        model(input_type=TensorProto.FLOAT16),
        refused="input.dtype: the input is images FP16",
    ),
    OddModel(
        "strings in",
        model(input_type=TensorProto.STRING),
        refused="input.dtype: the input is images BYTES",
    ),
    OddModel(
        "a second input without a value",
        model(change=_target_sizes(TensorProto.INT64, "n", 2)),
        refused="constants: the input orig_target_sizes INT64 [-1, 2] is not the image and needs "
        "a value for all images: add orig_target_sizes: [width, height]",
    ),
    OddModel(
        "a word that is no side",
        model(change=_target_sizes(TensorProto.INT64, "n", 2)),
        sized("width", "hight"),
        refused="constants.orig_target_sizes: 'hight' is no number: give one, or width or height",
    ),
    OddModel(
        "a second input with too few values",
        model(change=_target_sizes(TensorProto.INT64, "n", 2)),
        sized(8, 8, 8),
        refused="constants.orig_target_sizes: the input orig_target_sizes INT64 [-1, 2] takes 2 "
        "numbers for an image, and the manifest has 3",
    ),
    OddModel(
        "a fraction for a whole number",
        model(change=_target_sizes(TensorProto.INT64, "n", 2)),
        sized(8.5, 8),
        refused="constants.orig_target_sizes: 8.5 is no INT64",
    ),
    OddModel(
        "words for a second input",
        model(change=_target_sizes(TensorProto.STRING, "n", 2)),
        sized(8, 8),
        refused="orig_target_sizes BYTES [-1, 2] takes no numbers that workers send",
    ),
    OddModel(
        "a second input of one picture, more wanted",
        model(change=_target_sizes(TensorProto.INT64, 1, 2)),
        sized(8, 8),
        refused="orig_target_sizes INT64 [1, 2] takes one image at a time: set max_batch to 1",
    ),
    OddModel(
        "a value for an input that is not there",
        model(),
        sized(8, 8),
        refused="constants: the file has no input 'orig_target_sizes' beside the image",
    ),
    OddModel(
        "another name",
        model(),
        replace(MANIFEST, input=replace(MANIFEST.input, name="x")),
        refused="input.name: the file has no input 'x', it has images",
    ),
    OddModel(
        "brain floats out",
        model(change=_output_is(TensorProto.BFLOAT16)),
        refused="output logits BF16 [-1, 2] is not of floats",
    ),
    OddModel(
        "integers out",
        model(change=_output_is(TensorProto.INT64)),
        refused="output logits INT64 [-1, 2] is not of floats, as decoder classification reads it",
    ),
    OddModel(
        "strings out",
        model(change=_output_is(TensorProto.STRING)),
        refused="output logits BYTES [-1, 2] is not of floats",
    ),
    OddModel(
        "an output of no shape",
        model(output_shape=None),
        refused="output logits FP32 [] declares no shape",
    ),
    OddModel(
        "an output of nothing",
        model(output_shape=("n", 7, 0, 4)),
        MAP,
        refused="output logits FP32 [-1, 7, 0, 4] holds nothing",
    ),
    OddModel(
        "an output too large for memory",
        model(output_shape=("n", 7, 2**14, 2**14)),
        MAP,
        refused="take 7516192960 bytes, over the limit",
    ),
    OddModel(
        "a number of classes that is open",
        model(output_shape=("n", "c")),
        refused="expects a fixed number of classes",
    ),
    OddModel(
        "more classes than labels",
        model(output_shape=("n", 3)),
        refused="labels: the model has 3 classes and its manifest 2 labels",
    ),
    OddModel(
        "another decoder's outputs",
        model(),
        replace(MANIFEST, decoder=DecoderSpec("ssd")),
        refused="decoder ssd expects two outputs",
    ),
    OddModel(
        "a decoder that is not there",
        model(),
        replace(MANIFEST, decoder=DecoderSpec("yolo")),
        refused="decoder.name: no decoder 'yolo'",
    ),
    OddModel("one output twice", model(change=_same_output_twice), refused="outputs have one name"),
    OddModel("an output without a name", model(change=_nameless_output), refused="has no name"),
    OddModel(
        "a sequence out", model(change=_sequence_output), refused="output logits is a sequence"
    ),
    OddModel(
        "an output that nothing makes",
        model(change=_undeclared_output),
        refused="nothing in it makes the tensors 'probabilities'",
    ),
    OddModel(
        "weights that are not there",
        model(change=_no_weights),
        refused="nothing in it makes the tensors 'weights'",
    ),
    OddModel(
        "weights in a second file",
        model(change=_external_weights),
        refused="the weights of 'weights' lie in a second file",
    ),
    OddModel(
        "a constant in a second file",
        model(change=_external_constant),
        refused="the weights of 'inner' lie in a second file",
    ),
    OddModel(
        "an opset of the future", model(opset=99), refused="its opset is 99, and workers load up to"
    ),
    OddModel("an IR of the future", model(ir_version=99), refused="its IR version is 99"),
    OddModel("no opset", model(change=_no_opset), refused="does not say which opset"),
    OddModel("a plug-in", model(change=_plugin), refused="operators 'TRT:EfficientNMS_TRT'"),
    OddModel("a plug-in in a branch", model(change=_plugin_in_a_branch), refused="'TRT:Secret'"),
    OddModel("no nodes", model(change=_no_nodes), refused="it has no graph, or an empty one"),
    OddModel("nothing", b"", refused="file: odd.onnx is not an ONNX model"),
    OddModel("zeros", bytes(100), refused="file: odd.onnx is not an ONNX model"),
    OddModel("a picture", b"\xff\xd8\xff" * 100, refused="file: odd.onnx is not an ONNX model"),
    OddModel("noise", bytes(range(256)) * 20, refused="file: odd.onnx is not an ONNX model"),
    OddModel("half a file", model()[:-40], refused="can be read: it is cut off"),
    OddModel(
        "a pointer of Git LFS",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n",
        refused="is a pointer of Git LFS: run `git lfs pull`",
    ),
)
