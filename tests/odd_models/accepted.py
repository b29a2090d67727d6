"""Small models as people bring them, each of which a real Triton serves."""

from dataclasses import replace

from onnx import TensorProto

from framemesh.modeling.loadable import MAX_IR_VERSION, MAX_OPSET
from framemesh.modeling.manifest import Color, DecoderSpec, DType, Fit, Layout
from tests.odd_models.changes import (
    STRANGE,
    alone_with_sizes,
    exactly,
    more_output,
    no_batch,
    one_number,
    output_is,
    output_shape,
    own_function,
    strange_names,
    target_sizes,
    weights_are_inputs_too,
)
from tests.odd_models.odd_model import MANIFEST, SIDE, OddModel, model, sized

FIXED = replace(MANIFEST, max_batch=1)

ACCEPTED = (
    OddModel("open batch", model()),
    OddModel("batch of -1, as Paddle writes it", model(-1)),
    OddModel("fixed batch of 1", model(1), FIXED),
    OddModel("open batch, one at a time", model(), FIXED),
    OddModel("open height and width", model(input_shape=("n", "h", "w", 3))),
    OddModel("open classes", model(input_shape=("n", "h", "w", "c"))),
    OddModel("its own function", model(change=own_function)),
    OddModel("weights among the inputs", model(change=weights_are_inputs_too)),
    OddModel(
        "strange names",
        model(change=strange_names),
        replace(MANIFEST, input=replace(MANIFEST.input, name=STRANGE)),
    ),
    OddModel("fixed batch of 4", model(4, change=exactly(4))),
    OddModel("fixed batch of 4, one at a time", model(4, change=exactly(4)), FIXED),
    OddModel("fixed batch of 1 out", model(output_shape=None, change=output_shape(1, 2)), FIXED),
    OddModel("no batch dimension", model(change=no_batch), FIXED),
    OddModel(
        "one number for each picture",
        model(change=one_number),
        replace(MANIFEST, labels=("bright",), decoder=DecoderSpec("anomaly", score_threshold=0.1)),
    ),
    OddModel(
        "a second input of whole numbers",
        model(change=target_sizes(TensorProto.INT64, "n", 2)),
        sized(8, 8),
    ),
    OddModel(
        "a second input of floats, one number for all",
        model(change=target_sizes(TensorProto.FLOAT, "n", 2)),
        replace(MANIFEST, constants={"orig_target_sizes": 8}),
    ),
    OddModel(
        "a second input without a batch dimension",
        model(change=target_sizes(TensorProto.INT32, 2)),
        replace(sized(8, 8), max_batch=1),
    ),
    OddModel(
        "a second input without a batch dimension, several images at a time",
        model(change=target_sizes(TensorProto.INT32, 2)),
        sized(8, 8),
    ),
    OddModel(
        "a second input that is a scalar",
        model(change=target_sizes(TensorProto.FLOAT)),
        sized(8),
    ),
    OddModel(
        "a second input that is a scalar, one image at a time",
        model(change=target_sizes(TensorProto.INT64)),
        replace(sized(8), max_batch=1),
    ),
    OddModel(
        "a second input that has the sides of the input",
        model(change=target_sizes(TensorProto.FLOAT, "n", 2)),
        sized("height", "width"),
    ),
    OddModel(
        "grey images without a dimension for it",
        model(input_shape=("n", SIDE, SIDE), channels=1),
        replace(MANIFEST, input=replace(MANIFEST.input, layout=Layout.NHW, color=Color.GRAY)),
    ),
    OddModel(
        "a second input of a fixed batch",
        model(4, change=target_sizes(TensorProto.INT64, 4, 2)),
        sized(8, 8),
    ),
    OddModel(
        "no batch dimension and a second input",
        model(change=alone_with_sizes),
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
    OddModel("half floats out", model(change=output_is(TensorProto.FLOAT16))),
    OddModel("double floats out", model(change=output_is(TensorProto.DOUBLE))),
    OddModel("an unread output of integers", model(change=more_output)),
    OddModel("the newest opset", model(opset=MAX_OPSET, ir_version=MAX_IR_VERSION)),
)
