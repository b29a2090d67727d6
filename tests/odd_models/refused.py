"""Small models as people bring them, that cannot be served; each has a line that says why not."""

from dataclasses import replace

from onnx import TensorProto

from framemesh.modeling.manifest import DecoderSpec
from tests.odd_models.changes import (
    external_constant,
    external_weights,
    nameless_output,
    no_batch,
    no_nodes,
    no_opset,
    no_weights,
    output_is,
    output_shape,
    plugin,
    plugin_in_a_branch,
    same_output_twice,
    sequence_output,
    target_sizes,
    undeclared_output,
)
from tests.odd_models.odd_model import MANIFEST, SIDE, OddModel, model, sized

MAP = replace(MANIFEST, decoder=DecoderSpec("fastestdet"))

REFUSED = (
    OddModel(
        "fixed batch of 2, more wanted",
        model(2),
        refused="images UINT8 [2, 8, 8, 3] takes 2 images at a time: set max_batch to 2",
    ),
    OddModel(
        "no batch dimension, more wanted",
        model(change=no_batch),
        refused="the input images UINT8 [8, 8, 3] has no batch dimension: set max_batch to 1",
    ),
    OddModel(
        "a batch of 1 out of an open one",
        model(output_shape=None, change=output_shape(1, 2)),
        refused="tensor logits FP32 [1, 2] takes one image at a time: set max_batch to 1",
    ),
    OddModel(
        "another batch out than in",
        model(4, change=output_shape(3, 2)),
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
        model(change=target_sizes(TensorProto.INT64, "n", 2)),
        refused="constants: the input orig_target_sizes INT64 [-1, 2] is not the image and needs "
        "a value for all images: add orig_target_sizes: [width, height]",
    ),
    OddModel(
        "a word that is no side",
        model(change=target_sizes(TensorProto.INT64, "n", 2)),
        sized("width", "hight"),
        refused="constants.orig_target_sizes: 'hight' is no number: give one, or width or height",
    ),
    OddModel(
        "a second input with too few values",
        model(change=target_sizes(TensorProto.INT64, "n", 2)),
        sized(8, 8, 8),
        refused="constants.orig_target_sizes: the input orig_target_sizes INT64 [-1, 2] takes 2 "
        "numbers for an image, and the manifest has 3",
    ),
    OddModel(
        "a fraction for a whole number",
        model(change=target_sizes(TensorProto.INT64, "n", 2)),
        sized(8.5, 8),
        refused="constants.orig_target_sizes: 8.5 is no INT64",
    ),
    OddModel(
        "words for a second input",
        model(change=target_sizes(TensorProto.STRING, "n", 2)),
        sized(8, 8),
        refused="orig_target_sizes BYTES [-1, 2] takes no numbers that workers send",
    ),
    OddModel(
        "a second input of one picture, more wanted",
        model(change=target_sizes(TensorProto.INT64, 1, 2)),
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
        model(change=output_is(TensorProto.BFLOAT16)),
        refused="output logits BF16 [-1, 2] is not of floats",
    ),
    OddModel(
        "integers out",
        model(change=output_is(TensorProto.INT64)),
        refused="output logits INT64 [-1, 2] is not of floats, as decoder classification reads it",
    ),
    OddModel(
        "strings out",
        model(change=output_is(TensorProto.STRING)),
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
    OddModel("one output twice", model(change=same_output_twice), refused="outputs have one name"),
    OddModel("an output without a name", model(change=nameless_output), refused="has no name"),
    OddModel(
        "a sequence out", model(change=sequence_output), refused="output logits is a sequence"
    ),
    OddModel(
        "an output that nothing makes",
        model(change=undeclared_output),
        refused="nothing in it makes the tensors 'probabilities'",
    ),
    OddModel(
        "weights that are not there",
        model(change=no_weights),
        refused="nothing in it makes the tensors 'weights'",
    ),
    OddModel(
        "weights in a second file",
        model(change=external_weights),
        refused="the weights of 'weights' lie in a second file",
    ),
    OddModel(
        "a constant in a second file",
        model(change=external_constant),
        refused="the weights of 'inner' lie in a second file",
    ),
    OddModel(
        "an opset of the future", model(opset=99), refused="its opset is 99, and workers load up to"
    ),
    OddModel("an IR of the future", model(ir_version=99), refused="its IR version is 99"),
    OddModel("no opset", model(change=no_opset), refused="does not say which opset"),
    OddModel("a plug-in", model(change=plugin), refused="operators 'TRT:EfficientNMS_TRT'"),
    OddModel("a plug-in in a branch", model(change=plugin_in_a_branch), refused="'TRT:Secret'"),
    OddModel("no nodes", model(change=no_nodes), refused="it has no graph, or an empty one"),
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
