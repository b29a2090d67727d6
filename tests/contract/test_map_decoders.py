"""What the decoders of maps read, compared with what their families say, written anew here."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from framemesh.core.detection import RasterKind
from framemesh.modeling.decoders.registry import bind_decoder
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import Activation, DecoderSpec, InputSpec, ModelManifest
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.vision.decoders.decoder import Decoder, RawDetection, RawRaster
from framemesh.worker.vision.decoders.registry import make_decoder

Values = NDArray[Any]
RANDOM = np.random.default_rng(9)


def floats(values: Sequence[Any]) -> Values:
    return np.array(values, np.float32)


def decoder_of(spec: DecoderSpec, outputs: Mapping[str, Values], labels: int) -> Decoder:
    names = tuple(f"class {at}" for at in range(labels))
    manifest = ModelManifest("maps", "maps.onnx", names, InputSpec("input", 64, 48), spec)
    shapes = {name: values.shape for name, values in outputs.items()}
    return make_decoder(spec, bind_decoder(manifest, shapes))


def decoded(spec: DecoderSpec, outputs: Mapping[str, Values], labels: int) -> list[RawDetection]:
    return decoder_of(spec, outputs, labels).decode(outputs)


def raster_of(found: list[RawDetection]) -> RawRaster:
    (one,) = found
    assert one.box is None
    assert one.detail is not None
    assert one.detail.raster is not None
    return one.detail.raster


@pytest.mark.parametrize("shape", [(21, 33, 40), (2, 5, 7), (255, 3, 4)])
def test_each_place_has_the_class_of_its_largest_score(shape: tuple[int, int, int]) -> None:
    scores = RANDOM.normal(size=shape).astype(np.float32)
    raster = raster_of(decoded(DecoderSpec("semantic"), {"out": scores}, shape[0]))
    assert raster.kind is RasterKind.CLASSES
    np.testing.assert_array_equal(raster.values, scores.argmax(axis=0))


def test_of_equal_scores_the_first_class_is_taken() -> None:
    scores = np.zeros((3, 2, 2), np.float32)
    assert not raster_of(decoded(DecoderSpec("semantic"), {"out": scores}, 3)).values.any()


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8, np.float32])
@pytest.mark.parametrize("shape", [(9, 8), (1, 9, 8)])
def test_a_map_of_the_numbers_of_classes_is_taken_as_it_is(
    shape: tuple[int, ...], dtype: type[np.generic]
) -> None:
    classes = RANDOM.integers(0, 5, shape).astype(dtype)
    raster = raster_of(decoded(DecoderSpec("semantic"), {"classes": classes}, 5))
    np.testing.assert_array_equal(raster.values, classes.reshape(9, 8))


@pytest.mark.parametrize("wrong", [5.0, -1.0, 0.5])
def test_what_is_no_number_of_a_class_is_an_error_of_the_model(wrong: float) -> None:
    classes = np.zeros((4, 4), np.float32)
    classes[2, 2] = wrong
    with pytest.raises(InferenceFailed, match=r"output classes has values from .* 0 to 4: list a"):
        decoded(DecoderSpec("semantic"), {"classes": classes}, 5)


def test_one_map_of_logits_or_probabilities_has_two_classes() -> None:
    logits = RANDOM.normal(size=(1, 6, 6)).astype(np.float32)
    probabilities = 1 / (1 + np.exp(-logits))
    for values, activation in ((logits, Activation.SIGMOID), (probabilities, Activation.NONE)):
        spec = DecoderSpec("semantic", 0.7, activation=activation)
        raster = raster_of(decoded(spec, {"output": values}, 2))
        np.testing.assert_array_equal(raster.values, probabilities[0] >= 0.7)


def test_logits_are_not_taken_for_the_probabilities_of_one_class() -> None:
    spec = DecoderSpec("semantic", activation=Activation.NONE)
    with pytest.raises(InferenceFailed, match=r"output output has values from -9 to 9"):
        decoded(spec, {"output": floats([[[-9, 9], [9, -9]]])}, 2)


def test_more_classes_than_a_raster_holds_are_refused() -> None:
    with pytest.raises(ModelInvalid, match=r"output out .* has 300 classes, over the 256"):
        decoder_of(DecoderSpec("semantic"), {"out": np.zeros((300, 4, 4))}, 300)
    with pytest.raises(ModelInvalid, match=r"at most 256 classes and its manifest 257 labels"):
        decoder_of(DecoderSpec("semantic"), {"out": np.zeros((4, 4))}, 257)


def anomaly_outputs() -> dict[str, Values]:
    """As anomalib 2 exports them: one image, of which a corner is unusual."""
    anomaly_map = np.full((1, 8, 6), 0.1, np.float32)
    anomaly_map[0, :2, :2] = 0.9
    return {
        "pred_score": floats([0.8]),
        "pred_label": np.array([True]),
        "anomaly_map": anomaly_map,
        "pred_mask": anomaly_map > 0.5,
    }


@pytest.mark.parametrize(
    ("names", "score", "mapped"),
    [
        (("pred_score", "pred_label", "anomaly_map", "pred_mask"), 0.8, "anomaly_map"),
        (("pred_score", "anomaly_map"), 0.8, "anomaly_map"),
        (("anomaly_map",), 0.9, "anomaly_map"),
        (("pred_score", "pred_mask"), 0.8, "pred_mask"),
        (("pred_label", "pred_mask"), 1.0, "pred_mask"),
        (("pred_score",), 0.8, None),
    ],
)
def test_an_anomaly_is_read_from_what_the_model_has(
    names: tuple[str, ...], score: float, mapped: str | None
) -> None:
    outputs = {name: values for name, values in anomaly_outputs().items() if name in names}
    (found,) = decoded(DecoderSpec("anomaly"), outputs, 1)
    assert found.score == pytest.approx(score)
    raster = found.detail.raster if found.detail else None
    assert (raster is None) == (mapped is None)
    if raster and mapped:
        assert (raster.kind, raster.low, raster.high) == (RasterKind.ANOMALY, 0, 1)
        np.testing.assert_array_equal(raster.values, outputs[mapped][0])


def test_a_usual_image_has_no_anomaly() -> None:
    assert decoded(DecoderSpec("anomaly", 0.85), anomaly_outputs(), 1) == []


def test_an_anomaly_of_another_scale_needs_it_in_the_manifest() -> None:
    outputs = {"output": floats([[[10, 30], [20, 10]]])}
    with pytest.raises(InferenceFailed, match=r"output output has values from 10 to 30, beyond"):
        decoded(DecoderSpec("anomaly"), outputs, 1)
    (found,) = decoded(DecoderSpec("anomaly", low=10, high=50), outputs, 1)
    assert found.score == 0.5
    raster = raster_of([found])
    assert (raster.low, raster.high) == (10, 50)


def test_the_scale_of_depth_is_that_of_the_frame() -> None:
    depth = RANDOM.uniform(2, 9, (1, 7, 5)).astype(np.float32)
    raster = raster_of(decoded(DecoderSpec("depth"), {"predicted_depth": depth}, 1))
    assert raster.kind is RasterKind.DEPTH
    assert (raster.low, raster.high) == (depth.min(), depth.max())
    np.testing.assert_array_equal(raster.values, depth[0])
    fixed = decoded(DecoderSpec("depth", low=0, high=10), {"predicted_depth": depth}, 1)
    assert (raster_of(fixed).low, raster_of(fixed).high) == (0, 10)


def test_of_several_outputs_the_manifest_chooses_one() -> None:
    heads = {"out": np.zeros((3, 4, 4)), "aux": np.zeros((5, 4, 4))}
    with pytest.raises(ModelInvalid, match=r"semantic expects one output .*or decoder.output"):
        decoder_of(DecoderSpec("semantic"), heads, 3)
    raster_of(decoded(DecoderSpec("semantic", output="out"), heads, 3))
    with pytest.raises(ModelInvalid, match=r"an output main \(decoder.output\)"):
        decoder_of(DecoderSpec("semantic", output="main"), heads, 3)


@pytest.mark.parametrize("name", ["anomaly", "depth"])
def test_a_scale_upside_down_is_refused(name: str) -> None:
    spec = DecoderSpec(name, low=2, high=1)
    with pytest.raises(
        ModelInvalid, match=r"decoder.high: it is 1 and decoder.low 2: high must be"
    ):
        decoder_of(spec, {"output": np.zeros((4, 4))}, 1)
