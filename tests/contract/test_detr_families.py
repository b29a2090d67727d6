"""The DETR families give what a reference reads in the same model's answers."""

from dataclasses import replace

import numpy as np
import pytest

from framemesh.modeling.decoders.registry import bind_decoder
from framemesh.modeling.errors import ModelInvalid
from framemesh.worker.errors import InferenceFailed
from tests.model_families import detr


def test_probabilities_are_not_taken_for_logits() -> None:
    model = detr.rf_detr()
    sigmoids = {"dets": np.zeros((20, 4), np.float32), "labels": np.full((20, 3), 0.1, np.float32)}
    sigmoids["labels"][0, 0] = 0.9
    with pytest.raises(InferenceFailed, match=r"output labels has values from 0\.1 to 0\.9"):
        model.decode(sigmoids)


def test_logits_are_not_taken_for_probabilities() -> None:
    rows = np.zeros((20, 7), np.float32)
    rows[:, 4:] = -8
    with pytest.raises(InferenceFailed, match="output output0 has values from -8 to -8"):
        detr.rt_detr_ultralytics().decode({"output0": rows})


def test_centred_boxes_in_pixels_are_not_taken_for_fractions() -> None:
    logits = np.full((20, 3), -8, np.float32)
    logits[4, 2] = 3
    boxes = np.zeros((20, 4), np.float32)
    boxes[4] = 80, 60, 40, 30
    with pytest.raises(InferenceFailed, match=r"pred_boxes has a box \[80, 60, 40, 30\]"):
        detr.rt_detr_logits().decode({"logits": logits, "pred_boxes": boxes})


@pytest.mark.parametrize(
    ("box", "error"),
    [
        ((0.1, 0.2, 0.6, 0.9), "this decoder reads pixels of the input of 160 x 128"),
        ((10, 20, 1600, 90), "far beyond the input of 160 x 128 pixels"),
        ((10, np.nan, 60, 90), "far beyond the input"),
    ],
)
def test_boxes_in_the_wrong_unit_are_not_taken_for_pixels(
    box: tuple[float, ...], error: str
) -> None:
    scores = np.zeros(20, np.float32)
    scores[7] = 0.9
    boxes = np.zeros((20, 4), np.float32)
    boxes[7] = box
    with pytest.raises(InferenceFailed, match=error):
        detr.rt_detr().decode({"labels": np.zeros(20, np.int64), "boxes": boxes, "scores": scores})


def test_scores_where_classes_belong_are_refused() -> None:
    scores = np.full(20, 0.9, np.float32)
    boxes = np.tile(np.array([10, 20, 60, 90], np.float32), (20, 1))
    with pytest.raises(InferenceFailed, match=r"labels has 0\.25 where .* the number of a class"):
        detr.rt_detr().decode({"labels": np.full(20, 0.25), "boxes": boxes, "scores": scores})


def test_open_lists_may_be_those_of_torchvision_so_the_first_class_is_asked_for() -> None:
    shapes = {"boxes": (-1, 4), "labels": (-1,), "scores": (-1,)}
    model = detr.rt_detr()
    with pytest.raises(ModelInvalid, match=r"decoder\.first_class: .* whose classes begin with 1"):
        bind_decoder(model.manifest, shapes)
    told = replace(model.manifest, decoder=replace(model.decoder, first_class=0))
    assert bind_decoder(told, shapes).first_class == 0
