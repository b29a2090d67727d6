"""Which workers are added and which go, where nodes are of unlike speed or price."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.master.scaling.cheapest import Candidate, cost_of, rate_of
from framemesh.master.scaling.unlike_workers import WORTH_IT, UnlikeWorkers

SLOW = Candidate("slow", 12.5, 4, price=0.1)


def workers(
    slow: int, fast: int, *, least: int = 1, most: int = 8, price: float = 0.3
) -> UnlikeWorkers:
    return UnlikeWorkers(
        (
            replace(SLOW, running=slow),
            Candidate("fast", 50.0, 4, fast, price=price),
        ),
        least,
        most,
    )


def test_the_cheapest_are_added() -> None:
    assert workers(1, 0).rate == 12.5
    choice = workers(1, 0).more(25)
    assert choice is not None
    assert (choice.replicas, choice.nodes) == (2, {"slow": 2})
    choice = workers(1, 0).more(60)
    assert choice is not None
    assert choice.nodes == {"slow": 1, "fast": 1}
    assert choice.note == "; 1 on slow (12.5/s at 0.1 an hour), 1 on fast (50.0/s at 0.3 an hour)"


def test_what_is_enough_stays_when_more_is_asked_for() -> None:
    assert workers(1, 1).more(60) is None


def test_the_dearest_that_is_not_needed_goes() -> None:
    choice = workers(2, 1).fewer(20)
    assert choice is not None
    assert (choice.replicas, choice.nodes) == (2, {"slow": 2})
    choice = workers(3, 1).fewer(45)
    assert choice is not None
    assert choice.nodes == {"fast": 1}


def test_others_take_the_place_of_those_that_run_only_where_that_saves_much() -> None:
    choice = workers(0, 1).fewer(12)
    assert choice is not None
    assert choice.nodes == {"slow": 1}
    # Two of the slow ones cost 0.2: nothing is moved for a tenth of that.
    assert workers(0, 1, price=0.22).fewer(25) is None
    assert workers(2, 0, price=0.19).fewer(25) is None


def test_a_slow_one_makes_room_for_a_fast_one_where_there_may_be_no_more() -> None:
    choice = workers(2, 0, most=2).more(60)
    assert choice is not None
    assert choice.nodes == {"slow": 1, "fast": 1}


def test_what_nobody_can_do_is_tried_with_the_fastest() -> None:
    choice = workers(1, 1, most=3).more(1000)
    assert choice is not None
    assert choice.nodes == {"fast": 3}
    assert workers(0, 3, most=3).more(1000) is None


def test_no_fewer_than_the_least() -> None:
    choice = workers(1, 2, least=2).fewer(0)
    assert choice is not None
    assert choice.nodes == {"slow": 2}


@pytest.mark.parametrize("price", [0.05, 0.5])
def test_a_kind_of_node_that_was_never_tried_gets_one_worker(price: float) -> None:
    new = Candidate("new", 12.5, 4, price=price, tried=False)
    choice = UnlikeWorkers((replace(SLOW, running=1), new), 1, 8).more(40)
    assert choice is not None
    assert choice.nodes == {"slow": 3, "new": 1}
    assert f"1 on new (not tried yet, at {price} an hour)" in choice.note
    # It has to show what it does before it gets more.
    tried = UnlikeWorkers((replace(SLOW, running=3), replace(new, running=1)), 1, 8)
    assert (choice := tried.more(60)) is not None
    assert choice.nodes == {"slow": 4, "new": 1}


def test_so_many_workers_are_the_cheapest_added_or_the_fastest_left() -> None:
    assert workers(0, 1).exactly(3).nodes == {"slow": 2, "fast": 1}
    assert workers(2, 1).exactly(1).nodes == {"fast": 1}


@given(st.integers(0, 4), st.integers(0, 4), st.floats(1, 200))
def test_it_comes_to_rest_at_once(slow: int, fast: int, needed: float) -> None:
    """Whatever was chosen for a load is not changed again for the same one, so nothing flutters."""
    for choose in ("more", "fewer"):
        before = workers(slow, fast)
        choice = getattr(before, choose)(needed)
        if choice is None or not before.rate:
            continue
        after = workers(choice.nodes.get("slow", 0), choice.nodes.get("fast", 0))
        assert choose == "more" or after.fewer(needed) is None
        assert after.more(min(needed, rate_of(choice.nodes, before.candidates))) is None
        if choose == "fewer":
            saved = 1 - cost_of(choice.nodes, before.candidates) / cost_of(
                before._running, before.candidates
            )
            replaced = any(n > before._running.get(node, 0) for node, n in choice.nodes.items())
            assert saved >= (WORTH_IT - 1e-9 if replaced else 0)
