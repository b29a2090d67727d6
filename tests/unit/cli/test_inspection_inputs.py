"""What a check shows a model is, to the bit, what a worker shows it."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from framemesh.cli.inspection.inputs import ImageUnusable, served_inputs, trial_inputs
from framemesh.core.documents.document import read
from framemesh.modeling.inputs import DATATYPE
from framemesh.modeling.manifest import (
    Anchor,
    Color,
    DecoderSpec,
    DType,
    Fit,
    InputSpec,
    Interpolation,
    Layout,
    ModelManifest,
)
from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.image_input import image_input
from framemesh.modeling.recognition.input_fields import input_fields
from framemesh.modeling.recognition.preparation import PREPARATIONS, Preparation
from framemesh.modeling.signature import Signature, Tensor
from framemesh.modeling.validation import check_signature
from framemesh.vision.arrays import NUMPY, Input, Pixels
from framemesh.vision.preprocess import Preprocessor
from framemesh.worker.triton.tensor_arena import TensorArena
from tests.unit.vision.test_preprocess import picture

WIDTH, HEIGHT = 64, 48
PICTURES = [picture(97, 61), picture(40, 80), picture(64, 48)]
FIXED_BATCH = 3


def as_a_worker(spec: InputSpec, tensor: Tensor, pixels: Pixels) -> Input:
    """Written into a worker's shared memory, in the row of one image."""
    arena = TensorArena(np.zeros(TensorArena.size(1, tensor, ()), np.uint8), 1, tensor, ())
    Preprocessor(spec).write(pixels, arena.inputs[0])
    return arena.inputs[0]


def facts_of(tensor: Tensor) -> ModelFacts:
    declared = Signature((tensor,), ())
    return ModelFacts("some.onnx", declared, (), image_input(declared, "some.onnx"), {}, "")


@pytest.mark.parametrize(
    ("fit", "interpolation", "color", "layout"),
    [
        options
        for options in product(Fit, Interpolation, Color, Layout)
        if options[2] is Color.GRAY or options[3] is not Layout.NHW
    ],
)
@pytest.mark.parametrize("dtype", DType)
def test_every_option_of_a_manifest_is_heeded(
    fit: Fit, interpolation: Interpolation, color: Color, layout: Layout, dtype: DType
) -> None:
    spec = InputSpec("in", WIDTH, HEIGHT, fit, interpolation, color, layout, dtype)
    if fit is Fit.LETTERBOX:
        spec = replace(spec, anchor=Anchor.TOP_LEFT, fill=7)
    if fit is Fit.CENTER_CROP:
        spec = replace(spec, short_side=73)
    if dtype in (DType.FLOAT16, DType.FLOAT32):
        spec = replace(spec, scale=1 / 255, mean=(0.5,), std=(0.25,))
    manifest = ModelManifest(
        "some", "some.onnx", ("a",), spec, DecoderSpec("yolov8"), max_batch=FIXED_BATCH
    )
    for batch in (-1, FIXED_BATCH):
        tensor = Tensor("in", DATATYPE[dtype], (batch, *spec.shape))
        declared = Signature((tensor,), (Tensor("out", "FP32", (batch, 5, -1)),))
        model = check_signature(manifest, declared)
        for pixels in PICTURES:
            inputs = served_inputs(manifest, model, pixels)["in"]
            assert inputs.shape == tensor.shape_of(1)
            for shown in inputs:
                np.testing.assert_array_equal(shown, as_a_worker(spec, tensor, pixels), strict=True)


@pytest.mark.parametrize("preparation", PREPARATIONS.values(), ids=list(PREPARATIONS))
@pytest.mark.parametrize("datatype", DATATYPE.values())
@pytest.mark.parametrize("shape", [(-1, 3, -1, -1), (FIXED_BATCH, HEIGHT, WIDTH, 1)])
def test_a_file_is_tried_as_the_manifest_it_leads_to_says(
    preparation: Preparation, datatype: str, shape: tuple[int, ...]
) -> None:
    facts = facts_of(Tensor("in", datatype, shape))
    spec = read(input_fields(facts, preparation, WIDTH, HEIGHT), InputSpec, "the input")
    served = Tensor("in", datatype, (shape[0], *spec.shape))
    for pixels in PICTURES:
        inputs = trial_inputs(facts, pixels, preparation, (WIDTH, HEIGHT))["in"]
        assert inputs.shape == served.shape_of(1)
        for shown in inputs:
            np.testing.assert_array_equal(shown, as_a_worker(spec, served, pixels), strict=True)


@pytest.mark.parametrize("datatype", ["FP64", "INT64", "UINT16"])
def test_types_that_no_worker_writes_are_tried_as_well(datatype: str) -> None:
    facts = facts_of(Tensor("in", datatype, (-1, 3, HEIGHT, WIDTH)))
    raw = PREPARATIONS["raw"]
    inputs = trial_inputs(facts, PICTURES[2], raw, (WIDTH, HEIGHT))["in"]
    assert inputs.dtype == NUMPY[datatype]
    np.testing.assert_array_equal(inputs[0], PICTURES[2][:, :, ::-1].transpose(2, 0, 1))


def test_an_input_of_strings_is_not_tried() -> None:
    facts = facts_of(Tensor("in", "STRING", (-1, 3, HEIGHT, WIDTH)))
    with pytest.raises(ImageUnusable, match="of a type that no image has"):
        trial_inputs(facts, PICTURES[0], PREPARATIONS["unit"], (WIDTH, HEIGHT))


def test_an_image_is_tried_in_its_own_shape() -> None:
    spec = InputSpec("in", 128, 128, Fit.LETTERBOX, multiple_of=32)
    manifest = ModelManifest(
        "some",
        "some.onnx",
        ("a",),
        spec,
        DecoderSpec("yolov8"),
        constants={"sizes": ("height", "width")},
    )
    declared = Signature(
        (Tensor("in", "FP32", (-1, 3, -1, -1)), Tensor("sizes", "INT64", (-1, 2))),
        (Tensor("out", "FP32", (-1, 5, -1)),),
    )
    model = check_signature(manifest, declared)
    inputs = served_inputs(manifest, model, picture(97, 61))
    assert inputs["in"].shape == (1, 3, 96, 128)
    assert inputs["sizes"].tolist() == [[96, 128]]
    fixed = Tensor("in", "FP32", (-1, 3, 96, 128))
    expected = as_a_worker(replace(spec, height=96, multiple_of=0), fixed, picture(97, 61))
    np.testing.assert_array_equal(inputs["in"][0], expected)
