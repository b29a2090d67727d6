"""How full batches become."""

import pytest

from framemesh.core.scheduling.inflow import Filling, Inflow


def test_the_first_input_waits_for_the_last_of_its_batch() -> None:
    # Three more at 20 a second.
    now, full = Inflow(20.0).fillings(4, 1)
    assert now == Filling(1, 0)
    assert full.inputs == 4
    assert full.seconds == pytest.approx(0.15)
    now, full = Inflow(20.0).fillings(4, 3)
    assert now == Filling(3, 0)
    assert full.inputs == 4
    assert full.seconds == pytest.approx(0.05)


def test_inputs_that_are_there_do_not_wait() -> None:
    assert Inflow(20.0).fillings(4, 9) == [Filling(4, 0)]


def test_where_none_is_expected_or_waited_for_a_batch_is_what_is_there() -> None:
    assert Inflow().fillings(8, 2) == [Filling(2, 0)]
    assert Inflow(50.0, waits_for_more=False).fillings(8, 2.5) == [Filling(2.5, 0)]
    assert Inflow().fillings(8, 0) == [Filling(1, 0)]
