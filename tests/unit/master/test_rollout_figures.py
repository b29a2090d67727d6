"""What the outcomes of a revision add up to."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.frame import FrameId
from framemesh.core.outcome import Fate
from framemesh.master.ages import STEP
from framemesh.master.rollouts.figures import Figures
from framemesh.runtime.messages.outcome_message import OutcomeSummary

DONE = OutcomeSummary(
    FrameId("north", "s1", 1), Fate.DONE, "", 0.5, 0, 0, revision=7, captured_unix_nano=100
)


def figures(*outcomes: OutcomeSummary) -> Figures:
    found = Figures(7, 100)
    for outcome in outcomes:
        found.add(outcome)
    return found


def test_outcomes_of_others_and_of_frames_from_before_do_not_count() -> None:
    found = figures(DONE, replace(DONE, revision=6), replace(DONE, captured_unix_nano=99))
    assert (found.frames, found.dead) == (1, 0)


def test_frames_that_die_of_their_picture_are_no_fault_of_a_revision() -> None:
    dead = replace(DONE, fate=Fate.DEAD)
    found = figures(
        DONE, replace(dead, reason="undecodable"), replace(dead, reason="inference_failed")
    )
    assert (found.frames, found.dead) == (2, 1)


def test_without_frames_there_is_no_age() -> None:
    assert figures().age_p99_seconds is None


@given(st.lists(st.floats(0.002, 10_000), min_size=1, max_size=300))
def test_the_age_is_right_within_a_step(ages: list[float]) -> None:
    found = figures(*(replace(DONE, age_seconds=age) for age in ages)).age_p99_seconds
    true = sorted(ages)[max(0, -(-99 * len(ages) // 100) - 1)]
    assert found is not None
    assert true / STEP <= found / STEP <= true * 1.0001
