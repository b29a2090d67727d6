"""Models that list one box for each thing are read as a reference reads their answers."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from framemesh.worker.errors import InferenceFailed
from tests.model_families import listed
from tests.model_families.family import FamilyModel
from tests.model_families.graphs import Values


def rows_of(model: FamilyModel, count: int = 1) -> dict[str, Values]:
    """What a model of torchvision answers: `count` things of its class 1."""
    return {
        "boxes": np.tile(np.array([[32, 32, 64, 96]], np.float32), (count, 1)),
        "labels": np.ones(count, np.int64),
        "scores": np.full(count, 0.9, np.float32),
    }


def test_a_class_below_the_first_is_an_error_that_names_the_option() -> None:
    model = listed.torchvision()
    answers: Mapping[str, Values] = {**rows_of(model), "labels": np.zeros(1, np.int64)}
    with pytest.raises(InferenceFailed, match=r"labels has class 0, .* set decoder\.first_class"):
        model.decode(answers)
    from_zero = replace(model, decoder=replace(model.decoder, first_class=0))
    assert [one.class_id for one in from_zero.decode(answers)] == [0]


def test_columns_of_another_order_are_refused() -> None:
    """YOLO-NAS has the score before the class."""
    rows = np.array([[0, 32, 32, 64, 96, 0.9, 2]], np.float32)
    with pytest.raises(InferenceFailed, match="output output has values from 2 to 2"):
        listed.yolov7_nms().decode({"output": rows})


def test_a_count_that_is_none_is_refused() -> None:
    model = listed.efficient_nms()
    answers = {
        "num_dets": np.array([0.5]),
        "det_boxes": np.zeros((12, 4)),
        "det_scores": np.zeros(12),
        "det_classes": np.zeros(12),
    }
    with pytest.raises(InferenceFailed, match=r"num_dets is \[0\.5\], .* how many boxes"):
        model.decode(answers)


def test_lists_of_different_lengths_are_refused() -> None:
    answers = {**rows_of(listed.torchvision(), 3), "labels": np.ones(2, np.int64)}
    with pytest.raises(InferenceFailed, match=r"boxes \[3, 4\] and scores \[3\] and labels \[2\]"):
        listed.torchvision().decode(answers)
