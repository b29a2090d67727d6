"""Guarantees of single policies are violated here, and the violations are found."""

from framemesh.core.frame import FrameId
from tests.chaos.ledger.evidence import Evidence
from tests.chaos.ledger.policy_checks import (
    newer_frames_supersede,
    nothing_is_expired,
    nothing_is_superseded,
    outcomes_are_in_order,
)
from tests.chaos.ledger.record import Record, StoredOutcome
from tests.chaos.load.camera_log import CameraSession, Offer


def evidence(*outcomes: tuple[int, str]) -> Evidence:
    """Of frames of one session that were captured in the order of their numbers."""
    offered = {sequence: Offer(sequence, 0) for sequence, _ in outcomes}
    outcome = [
        StoredOutcome(FrameId("door", "s1", sequence), fate, "", sequence, place, ())
        for place, (sequence, fate) in enumerate(outcomes)
    ]
    return Evidence([CameraSession("door", "s1", offered)], Record(outcome), None, {})


def test_outcomes_out_of_order_are_found_and_rejected_ones_have_none() -> None:
    found = evidence((1, "done"), (4, "rejected"), (3, "done"), (2, "dead"), (5, "done"))
    (violation,) = outcomes_are_in_order(found)
    assert violation.frame == FrameId("door", "s1", 2)


def test_a_policy_that_drops_nothing_has_neither_expired_nor_superseded_frames() -> None:
    found = evidence((1, "done"), (2, "expired"), (3, "superseded"))
    assert [v.frame.sequence for v in nothing_is_expired(found) if v.frame] == [2]
    assert [v.frame.sequence for v in nothing_is_superseded(found) if v.frame] == [3]


def test_the_newest_frame_is_not_superseded() -> None:
    assert not list(newer_frames_supersede(evidence((1, "superseded"), (2, "done"))))
    (violation,) = newer_frames_supersede(evidence((2, "superseded"), (1, "done")))
    assert violation.frame == FrameId("door", "s1", 2)
