"""What every decoder promises, whatever its model puts out."""

import numpy as np
import pytest

from framemesh.core.detection import Box
from framemesh.modeling.decoders.registry import DEMANDS, bind_decoder
from framemesh.modeling.errors import ModelInvalid, UnknownDecoder
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.decoder import RawDetection
from framemesh.worker.vision.decoders.registry import DECODERS
from tests.contract.decoder_cases import detr, grids, listed, places, whole_picture, yolo
from tests.contract.decoder_cases.case import CLASSES, LIMIT, Case, manifest

CASES = [*places.CASES, *detr.CASES, *grids.CASES, *listed.CASES, *whole_picture.CASES, *yolo.CASES]
SELECTIVE = [case for case in CASES if not case.always]
COUNTED = [case for case in CASES if case.class_axis is not None]
SEEDS = range(5)


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    assert isinstance(request.param, Case)
    return request.param


@pytest.fixture(params=SELECTIVE, ids=lambda case: case.name)
def selective(request: pytest.FixtureRequest) -> Case:
    """A case that tells nothing of a picture of nothing."""
    assert isinstance(request.param, Case)
    return request.param


@pytest.fixture(params=COUNTED, ids=lambda case: case.name)
def counted(request: pytest.FixtureRequest) -> Case:
    """A case whose outputs tell the number of classes."""
    assert isinstance(request.param, Case)
    return request.param


def test_every_decoder_keeps_this_contract() -> None:
    assert {case.name for case in CASES} == set(DECODERS) == set(DEMANDS)


def test_an_empty_output_gives_nothing(selective: Case) -> None:
    assert selective.decoder(score_threshold=0.5).decode(selective.empty()) == []


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


def plain(found: list[RawDetection]) -> list[tuple[int, float, Box | None]]:
    """Without details, of which some are arrays."""
    return [(one.class_id, one.score, one.box) for one in found]


def test_the_outputs_stay_as_they_are(case: Case) -> None:
    outputs = case.outputs(0)
    before = {name: array.copy() for name, array in outputs.items()}
    decoder = case.decoder()
    assert plain(decoder.decode(outputs)) == plain(decoder.decode(outputs))
    for name, array in before.items():
        np.testing.assert_array_equal(outputs[name], array)


def test_a_threshold_of_zero_is_bounded_too(case: Case) -> None:
    found = case.decoder(score_threshold=0.0, max_detections=1000).decode(case.outputs(0))
    assert all(one.score > 0 for one in found)


def test_a_threshold_of_one_finds_what_is_certain_at_most(selective: Case) -> None:
    assert selective.decoder(score_threshold=1.0).decode(selective.outputs(0)) == []


@pytest.mark.parametrize("labels", [CLASSES - 1, CLASSES + 1])
def test_labels_of_another_number_than_the_classes_are_refused(counted: Case, labels: int) -> None:
    with pytest.raises(ModelInvalid, match=f"has 3 classes and its manifest {labels} labels"):
        bind_decoder(manifest(counted.spec(), labels), counted.shapes)


def test_tensors_that_do_not_fit_are_named_with_their_shapes(case: Case) -> None:
    shapes = {"surprise": (1, 2, 3, 4, 5), "other": (7,)}
    with pytest.raises(ModelInvalid, match=rf"{case.name} expects .*surprise \[1, 2, 3, 4, 5\]"):
        bind_decoder(manifest(case.spec()), shapes)


def test_an_open_number_of_classes_is_refused(counted: Case) -> None:
    assert counted.class_axis is not None
    name, axis = counted.class_axis
    shape = list(counted.shapes[name])
    shape[axis] = -1
    with pytest.raises(ModelInvalid, match="a fixed number of classes"):
        bind_decoder(manifest(counted.spec()), {**counted.shapes, name: tuple(shape)})


def test_an_unknown_decoder_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownDecoder, match="'yolo'; there are: anomaly, centerface, centernet"):
        bind_decoder(manifest(DecoderSpec("yolo")), {})
