from framemesh.core.frame import FrameId
from framemesh.core.outcome import Fate
from framemesh.monitor.ledger.recent_outcomes import RecentOutcomes
from framemesh.runtime.messages.outcome_message import OutcomeSummary


def outcome(sequence: int, fate: Fate = Fate.DEAD, reason: str = "") -> OutcomeSummary:
    return OutcomeSummary(FrameId("north", "s", sequence), fate, reason, 0.0, 0, 0)


def kept(recent: RecentOutcomes, before: int = 0) -> list[int]:
    return [sequence for sequence, _ in recent.newest_first(before)]


def test_what_is_done_without_a_reason_is_left_out() -> None:
    recent = RecentOutcomes()
    recent.add(10, outcome(1, Fate.DONE))
    recent.add(11, outcome(2))
    recent.add(12, outcome(3, Fate.DONE, "damaged"))
    assert kept(recent) == [12, 11]
    assert kept(recent, before=12) == [11]


def test_it_knows_since_when_it_is_complete() -> None:
    recent = RecentOutcomes(max_outcomes=2)
    assert recent.complete_after is None
    recent.add(10, outcome(1, Fate.DONE))
    assert recent.complete_after == 9
    for sequence in (11, 12, 13):
        recent.add(sequence, outcome(sequence))
    assert kept(recent) == [13, 12]
    assert recent.complete_after == 11
