"""What every decoder promises, whatever its model puts out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from framemesh.modeling.decoders.demand import Shapes
from framemesh.modeling.decoders.registry import DEMANDS, bind_decoder
from framemesh.modeling.errors import ModelInvalid, UnknownDecoder
from framemesh.modeling.manifest import DecoderSpec, InputSpec, ModelManifest
from framemesh.worker.vision.decoders.decoder import Array, Decoder, RawDetection
from framemesh.worker.vision.decoders.registry import DECODERS, make_decoder

CLASSES = 3
LIMIT = 7
Random = np.random.Generator


@dataclass(frozen=True)
class Case:
    """A decoder with a model it fits."""

    name: str
    shapes: Shapes
    crowded: Callable[[Random], dict[str, Array]]
    """Outputs of the model for a picture full of things, some of them beyond its edges."""
    quiet: float = 0.0
    """The value that all outputs have where nothing is seen."""

    def decoder(self, **changes: Any) -> Decoder:
        spec = DecoderSpec(self.name, 0.3, 0.5, LIMIT)
        whole = manifest(replace(spec, **changes))
        return make_decoder(whole.decoder, bind_decoder(whole, self.shapes))

    def outputs(self, seed: int) -> dict[str, Array]:
        outputs = self.crowded(np.random.default_rng(seed))
        for array in outputs.values():
            array.flags.writeable = False
        return outputs


def manifest(decoder: DecoderSpec, labels: int = CLASSES) -> ModelManifest:
    names = tuple(f"class {at}" for at in range(labels))
    return ModelManifest("model", "model.onnx", names, InputSpec("input", 64, 64), decoder)


def uniform(random: Random, *shape: int, low: float = 0.0, high: float = 1.0) -> Array:
    return random.uniform(low, high, shape).astype(np.float32)


def corners(random: Random, count: int) -> Array:
    centre = uniform(random, count, 2, low=-0.1, high=1.1)
    size = uniform(random, count, 2, low=0.02, high=0.5)
    return np.concatenate([centre - size / 2, centre + size / 2], axis=1)


CASES = [
    Case(
        "centernet",
        {"heatmap": (CLASSES, 16, 16), "boxes": (4, 16, 16)},
        lambda random: {
            "heatmap": uniform(random, CLASSES, 16, 16),
            "boxes": corners(random, 256).T.reshape(4, 16, 16),
        },
    ),
    Case(
        "fastestdet",
        {"758": (5 + CLASSES, 22, 22)},
        lambda random: {
            "758": np.concatenate(
                [
                    uniform(random, 1, 22, 22),
                    uniform(random, 4, 22, 22, low=-3, high=3),
                    uniform(random, CLASSES, 22, 22),
                ]
            )
        },
    ),
    Case(
        "ssd",
        {"scores": (500, CLASSES), "boxes": (500, 4)},
        lambda random: {
            "scores": uniform(random, 500, CLASSES),
            "boxes": corners(random, 500),
        },
    ),
    Case(
        "classification",
        {"logits": (CLASSES,)},
        lambda random: {"logits": uniform(random, CLASSES, low=-4, high=4)},
        quiet=1 / CLASSES,
    ),
]
SEEDS = range(5)


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    assert isinstance(request.param, Case)
    return request.param


def test_every_decoder_keeps_this_contract() -> None:
    assert {case.name for case in CASES} == set(DECODERS) == set(DEMANDS)


def test_an_empty_output_gives_nothing(case: Case) -> None:
    empty = {name: np.full(shape, case.quiet, np.float32) for name, shape in case.shapes.items()}
    assert case.decoder(score_threshold=0.5).decode(empty) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_detections_are_sorted_bounded_and_inside(case: Case, seed: int) -> None:
    found = case.decoder().decode(case.outputs(seed))
    assert 0 < len(found) <= LIMIT
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    for one in found:
        assert 0.3 <= one.score <= 1
        assert 0 <= one.class_id < CLASSES
        assert isinstance(one.score, float)
        assert_inside(one)


def assert_inside(found: RawDetection) -> None:
    if found.box is not None:
        box = found.box
        assert 0 <= box.left < box.right <= 1
        assert 0 <= box.top < box.bottom <= 1


def test_the_outputs_stay_as_they_are(case: Case) -> None:
    outputs = case.outputs(0)
    before = {name: array.copy() for name, array in outputs.items()}
    decoder = case.decoder()
    assert decoder.decode(outputs) == decoder.decode(outputs)
    for name, array in before.items():
        np.testing.assert_array_equal(outputs[name], array)


def test_a_threshold_of_zero_is_bounded_too(case: Case) -> None:
    found = case.decoder(score_threshold=0.0, max_detections=1000).decode(case.outputs(0))
    assert all(one.score > 0 for one in found)


def test_a_threshold_of_one_finds_what_is_certain_at_most(case: Case) -> None:
    assert case.decoder(score_threshold=1.0).decode(case.outputs(0)) == []


@pytest.mark.parametrize("labels", [CLASSES - 1, CLASSES + 1])
def test_labels_of_another_number_than_the_classes_are_refused(case: Case, labels: int) -> None:
    with pytest.raises(ModelInvalid, match=f"has 3 classes and its manifest {labels} labels"):
        bind_decoder(manifest(DecoderSpec(case.name), labels), case.shapes)


def test_tensors_that_do_not_fit_are_named_with_their_shapes(case: Case) -> None:
    shapes = {"surprise": (1, 2, 3, 4, 5), "other": (7,)}
    with pytest.raises(ModelInvalid, match=rf"{case.name} expects .*surprise \[1, 2, 3, 4, 5\]"):
        bind_decoder(manifest(DecoderSpec(case.name)), shapes)


def test_an_open_number_of_classes_is_refused(case: Case) -> None:
    open_shapes = {
        name: tuple(-1 if side in (CLASSES, 5 + CLASSES) else side for side in shape)
        for name, shape in case.shapes.items()
    }
    with pytest.raises(ModelInvalid, match="a fixed number of classes"):
        bind_decoder(manifest(DecoderSpec(case.name)), open_shapes)


def test_an_unknown_decoder_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownDecoder, match="'yolo'; there are: centernet, classification, fa"):
        bind_decoder(manifest(DecoderSpec("yolo")), {})
