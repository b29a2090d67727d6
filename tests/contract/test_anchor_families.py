"""Models of grids of places are read as a reference reads their answers."""

from dataclasses import replace

import numpy as np
import pytest

from framemesh.modeling.decoders.registry import bind_decoder
from framemesh.modeling.errors import ModelInvalid
from framemesh.worker.errors import InferenceFailed
from tests.model_families import anchors
from tests.model_families.planted import picture

FACES = [name for name in anchors.MODELS if name.startswith(("yunet", "scrfd"))]


@pytest.mark.parametrize("family", ["yunet", "scrfd", "scrfd-of-five-grids"])
def test_keypoints_lie_where_they_were_planted(family: str) -> None:
    model = anchors.MODELS[family]()
    inside = [
        one
        for one in model.decode(model.answers(picture("landscape")))
        if one.box is not None and one.box.right < 1
    ]
    assert len(inside) >= 3
    for one in inside:
        assert one.box is not None
        assert one.detail is not None
        box = one.box
        width, height = box.right - box.left, box.bottom - box.top
        diagonal = [(box.left + s * width, box.top + s * height) for s in anchors.KEYPOINTS]
        points = [keypoint.at for keypoint in one.detail.keypoints]
        np.testing.assert_allclose(points, diagonal, atol=1e-5)


def test_faces_without_keypoints_have_none() -> None:
    model = anchors.MODELS["scrfd-without-keypoints"]()
    assert all(one.detail is None for one in model.decode(model.answers(picture("large"))))


def test_scrfd_tells_its_outputs_apart_in_any_order() -> None:
    model = anchors.MODELS["scrfd"]()
    backwards = dict(reversed(model.shapes.items()))
    assert bind_decoder(model.manifest, backwards).classes == 1
    assert sorted(model.shapes) == sorted(bind_decoder(model.manifest, backwards).tensors.values())


def test_nanodet_of_another_input_size_is_refused_with_both_numbers_of_places() -> None:
    model = anchors.MODELS["nanodet-plus"]()
    larger = replace(model.manifest, input=replace(model.input, width=640))
    with pytest.raises(ModelInvalid, match="3360 or, of NanoDet-Plus, 3400 places for an input"):
        bind_decoder(larger, model.shapes)


@pytest.mark.parametrize("family", FACES)
def test_faces_of_an_input_that_the_grids_do_not_divide_are_refused(family: str) -> None:
    model = anchors.MODELS[family]()
    odd = replace(model.manifest, input=replace(model.input, width=330))
    with pytest.raises(ModelInvalid, match="an input whose sides are multiples of"):
        bind_decoder(odd, model.shapes)


def test_rows_of_another_input_size_are_an_error_of_the_model() -> None:
    model = anchors.MODELS["scrfd"]()
    answers = model.answers(picture("large"))
    shorter = {name: values[:-2] for name, values in answers.items()}
    with pytest.raises(InferenceFailed, match="output 401 has 3070 rows, and the grid"):
        model.decode(shorter)


@pytest.mark.parametrize(("family", "output"), [("nanodet", "output"), ("scrfd", "401")])
def test_logits_are_not_taken_for_scores(family: str, output: str) -> None:
    model = anchors.MODELS[family]()
    answers = model.answers(picture("large"))
    answers[output] = answers[output] - 5
    with pytest.raises(InferenceFailed, match=f"output {output} has values from -5"):
        model.decode(answers)
