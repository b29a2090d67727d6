"""Things are counted by zone and label."""

from dataclasses import dataclass

import pytest

from framemesh.core.detection import Box
from framemesh.core.pipeline.operators import CountSpec
from framemesh.vision.operators.counting import WHOLE_FRAME, Figure, count, standpoint


@dataclass(frozen=True)
class LeftOf:
    """A zone: what lies to the left of a line."""

    line: float

    def contains(self, x: float, y: float) -> bool:
        return x < self.line and y <= 1


ZONES = {"yard": LeftOf(0.5), "gate": LeftOf(0.2)}
BOXES = [Box(0, 0, 0.2, 0.3), Box(0.3, 0, 0.5, 0.3), Box(0.4, 0, 0.8, 0.3), Box(0.1, 0, 0.2, 2)]
LABELS = ["car", "person", "car", "car"]


def test_a_thing_is_where_it_stands() -> None:
    assert standpoint(Box(0.2, 0.1, 0.6, 0.9)) == pytest.approx((0.4, 0.9))


def test_without_zones_the_whole_frame_is_counted() -> None:
    assert count(BOXES, LABELS, {}, CountSpec()) == (
        Figure(WHOLE_FRAME, "car", 3),
        Figure(WHOLE_FRAME, "person", 1),
    )


def test_each_zone_has_its_own_figures_in_the_order_asked_for() -> None:
    assert count(BOXES, LABELS, ZONES, CountSpec(zones=("yard", "gate"))) == (
        Figure("yard", "car", 1),
        Figure("yard", "person", 1),
        Figure("gate", "car", 1),
    )


def test_labels_that_are_asked_for_have_a_figure_even_where_there_are_none() -> None:
    spec = CountSpec(zones=("gate",), labels=("truck", "car"))
    assert count(BOXES, LABELS, ZONES, spec) == (
        Figure("gate", "truck", 0),
        Figure("gate", "car", 1),
    )
    assert count([], [], ZONES, CountSpec(labels=("car",))) == (Figure(WHOLE_FRAME, "car", 0),)
    assert count([], [], ZONES, CountSpec()) == ()
