"""What was chosen for and is not sent yet."""

import pytest

from framemesh.core.scheduling.configuration import Configuration, Variant
from framemesh.core.scheduling.load.backlog import MOST_CALLS, Backlog

AHEAD = {"detect": ["detect", "read"], "read": ["read"]}
"""`read` is deeper, so it is run first."""

MODEL = Variant("any")
DETECT, READ = (Configuration(stage, MODEL, "edge", 4) for stage in AHEAD)


def assigned(detects: int, reads: int) -> Backlog:
    backlog = Backlog(AHEAD)
    for call in range(detects):
        backlog.assign(call, DETECT, 0.08)
    for call in range(reads):
        backlog.assign(100 + call, READ, 0.04)
    return backlog


def test_of_its_own_stage_only_full_batches_are_in_front_of_a_call() -> None:
    assert assigned(3, 0).seconds("detect", "edge") == 0
    assert assigned(9, 0).seconds("detect", "edge") == pytest.approx(0.16)


def test_all_of_a_deeper_stage_is_in_front_and_nothing_of_one_less_deep() -> None:
    assert assigned(9, 2).seconds("detect", "edge") == pytest.approx(0.16 + 0.04)
    assert assigned(9, 2).seconds("read", "edge") == 0


def test_another_backend_has_a_backlog_of_its_own() -> None:
    assert assigned(9, 9).seconds("detect", "cloud") == 0


def test_a_call_that_is_assigned_anew_has_left_where_it_was() -> None:
    backlog = assigned(8, 0)
    cloud = Configuration("detect", MODEL, "cloud", 1)
    for call in range(4):
        backlog.assign(call, cloud, 0.01)
    assert backlog.seconds("detect", "edge") == pytest.approx(0.08)
    assert backlog.seconds("detect", "cloud") == pytest.approx(0.04)
    assert backlog.waiting("detect") == 8


def test_what_left_is_counted_no_more() -> None:
    backlog = assigned(8, 1)
    for call in (*range(8), 5, 77):
        backlog.leave(call)
    assert backlog.waiting("detect") == 0
    assert backlog.waiting("read") == 1
    assert backlog.seconds("detect", "edge") == pytest.approx(0.04)


def test_what_can_be_begun_meanwhile_is_the_longest_batch_of_another_stage() -> None:
    assert assigned(1, 1).longest_of_others("read", "edge") == pytest.approx(0.08)
    assert assigned(1, 1).longest_of_others("detect", "edge") == pytest.approx(0.04)
    assert assigned(1, 0).longest_of_others("detect", "edge") == 0
    assert assigned(1, 1).longest_of_others("read", "cloud") == 0


def test_calls_of_which_nothing_is_heard_again_do_not_fill_the_memory() -> None:
    backlog = Backlog(AHEAD)
    for call in range(MOST_CALLS + 50):
        backlog.assign(call, DETECT, 0.08)
    assert backlog.waiting("detect") == MOST_CALLS
