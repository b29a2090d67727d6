"""Faces that are told from priors, and PicoDet's grids: what they take and what they refuse."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from framemesh.modeling.decoders.registry import bind_decoder
from framemesh.modeling.errors import ModelInvalid
from framemesh.worker.errors import InferenceFailed
from tests.model_families import picodet, priors
from tests.model_families.anchors import KEYPOINTS
from tests.model_families.family import FamilyModel
from tests.model_families.planted import picture

MODELS: Mapping[str, Callable[[], FamilyModel]] = {
    **priors.MODELS,
    **picodet.MODELS,
}


@pytest.mark.parametrize("family", priors.MODELS)
def test_keypoints_lie_where_they_were_planted(family: str) -> None:
    model = priors.MODELS[family]()
    answers = model.answers(picture("landscape"))
    inside = [one for one in model.decode(answers) if one.box and one.box.right < 1]
    assert len(inside) >= 3
    for one in inside:
        assert one.box is not None
        assert one.detail is not None
        box = one.box
        diagonal = [
            (box.left + step * (box.right - box.left), box.top + step * (box.bottom - box.top))
            for step in KEYPOINTS
        ]
        points = [keypoint.at for keypoint in one.detail.keypoints]
        np.testing.assert_allclose(points, diagonal, atol=1e-5)


@pytest.mark.parametrize("family", priors.MODELS)
def test_outputs_of_any_name_and_order_are_told_apart_by_their_columns(family: str) -> None:
    model = priors.MODELS[family]()
    renamed = {f"out {at}": shape for at, shape in enumerate(reversed(model.shapes.values()))}
    assert sorted(bind_decoder(model.manifest, renamed).tensors.values()) == sorted(renamed)


@pytest.mark.parametrize("family", MODELS)
def test_another_size_of_the_input_is_refused_with_its_places(family: str) -> None:
    model = MODELS[family]()
    if -1 in [shape[-2] for shape in model.shapes.values()]:
        pytest.skip("its file leaves the number of places open")
    larger = replace(model.manifest, input=replace(model.input, width=640))
    with pytest.raises(ModelInvalid, match=r"for an input of 640 x \d+; the model's outputs"):
        bind_decoder(larger, model.shapes)


def test_rows_that_are_open_in_the_file_are_counted_in_the_answer() -> None:
    model = MODELS["picodet-in-another-order"]()
    answers = model.answers(picture("large"))
    shorter = {name: values[:-1] for name, values in answers.items()}
    with pytest.raises(InferenceFailed, match=r"scores_8.tmp_0 has 1119 rows, and the grid of an"):
        model.decode(shorter)


@pytest.mark.parametrize(
    ("family", "output"),
    [("retinaface", "confidence"), ("yunet-2021", "conf"), ("picodet", "transpose_scores_8.tmp_0")],
)
def test_logits_are_not_taken_for_scores(family: str, output: str) -> None:
    model = MODELS[family]()
    answers = model.answers(picture("large"))
    answers[output] = answers[output] - 5
    with pytest.raises(InferenceFailed, match=f"output {output} has values from -5"):
        model.decode(answers)


def test_picodet_of_as_many_classes_as_a_side_has_values_is_refused() -> None:
    model = MODELS["picodet"]()
    alike = {name: (shape[0], 32) for name, shape in model.shapes.items()}
    with pytest.raises(ModelInvalid, match=r"4 outputs of scores .* and 4 of distances"):
        bind_decoder(model.manifest, alike)
