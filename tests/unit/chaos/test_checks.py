"""The checks themselves are tested: each guarantee is violated here, and the violation is found."""

import dataclasses
from collections.abc import Mapping, Sequence

from framemesh.core.frame import FrameId
from tests.chaos.ledger.checks import ALWAYS, accounts
from tests.chaos.ledger.evidence import Evidence, MonitorReport
from tests.chaos.ledger.record import Record, StoredOutcome
from tests.chaos.ledger.violation import Promise
from tests.chaos.load.camera_log import CLOSED, CameraSession, Offer

GOOD, BAD = 1, 2
"""Of pictures; the bundled model sees nobody in the good one."""


def session(accepted: Sequence[int], rejected: Mapping[int, str]) -> CameraSession:
    images = {**dict.fromkeys(accepted, GOOD), **dict.fromkeys(rejected, BAD)}
    offered = {sequence: Offer(sequence, image) for sequence, image in images.items()}
    return CameraSession("door", "s1", offered, set(accepted), dict(rejected), CLOSED)


def outcome(sequence: int, fate: str = "done") -> StoredOutcome:
    return StoredOutcome(FrameId("door", "s1", sequence), fate, "", sequence, sequence, ())


def record(outcomes: Sequence[StoredOutcome], accepted: Sequence[int]) -> Record:
    found = Record(list(outcomes), {FrameId("door", "s1", sequence) for sequence in accepted})
    found.times.update(outcome.frame for outcome in outcomes)
    return found


def evidence(entries: Record, session: CameraSession) -> Evidence:
    """With a monitor that agrees with the record."""
    found = Evidence([session], entries, None, {GOOD: []})
    doubles = sum(times - 1 for times in entries.times.values())
    return dataclasses.replace(found, monitor_report=MonitorReport(accounts(found), doubles, 0))


def broken(found: Evidence) -> list[Promise]:
    return [violation.promise for check in ALWAYS for violation in check(found)]


WELL = evidence(
    record([outcome(1), outcome(2), outcome(3, "rejected")], [1, 2]), session([1, 2], {3: "empty"})
)


def test_a_round_that_went_well_breaks_nothing() -> None:
    assert broken(WELL) == []


def test_an_accepted_frame_without_outcome_is_lost() -> None:
    found = evidence(record([outcome(1)], [1, 2]), session([1, 2], {}))
    assert broken(found) == [Promise.LOST]


def test_it_is_stuck_while_something_is_in_the_buffer() -> None:
    found = evidence(record([outcome(1)], [1, 2]), session([1, 2], {}))
    assert found.monitor_report
    waiting = dataclasses.replace(
        found, monitor_report=dataclasses.replace(found.monitor_report, backlog=1)
    )
    assert broken(waiting) == [Promise.STUCK]


def test_two_outcomes_of_a_frame_are_a_double() -> None:
    found = evidence(record([outcome(1), outcome(1)], [1]), session([1], {}))
    assert broken(found) == [Promise.DOUBLE]


def test_a_result_that_no_sink_wrote_is_a_violation() -> None:
    frames = [FrameId("door", "s1", sequence) for sequence in (1, 2, 3)]
    assert broken(dataclasses.replace(WELL, sunk=frames)) == []
    assert broken(dataclasses.replace(WELL, sunk=frames[1:])) == [Promise.SINK]


def test_a_frame_that_nobody_offered_is_unknown() -> None:
    found = evidence(record([outcome(1), outcome(2)], [1]), session([1], {}))
    assert broken(found) == [Promise.UNKNOWN]


def test_an_acceptance_that_was_told_must_be_on_record() -> None:
    found = evidence(record([outcome(1)], []), session([1], {}))
    assert broken(found) == [Promise.UNRECORDED]


def test_a_rejection_that_was_told_must_be_on_record() -> None:
    found = evidence(record([], []), session([], {1: "empty"}))
    assert broken(found) == [Promise.UNRECORDED]


def test_a_frame_cannot_be_accepted_and_rejected() -> None:
    found = evidence(record([outcome(1, "rejected")], [1]), session([1], {}))
    assert Promise.UNRECORDED in broken(found)


def test_a_frame_that_was_never_answered_may_be_there_or_not() -> None:
    killed = session([1, 2, 3], {})
    killed.accepted, killed.ended = {1}, ""
    assert broken(evidence(record([outcome(1), outcome(2)], [1]), killed)) == []


def test_a_camera_that_closed_has_an_answer_to_every_frame() -> None:
    ignored = session([1, 2], {})
    ignored.accepted = {1}
    found = evidence(record([outcome(1), outcome(2)], [1, 2]), ignored)
    assert broken(found) == [Promise.UNANSWERED]


def test_a_bad_frame_must_not_be_done() -> None:
    found = evidence(record([outcome(1)], [1]), session([1], {}))
    found.sessions[0].offered[1] = Offer(1, BAD)
    assert broken(dataclasses.replace(found)) == [Promise.WRONG_FATE]


def test_a_good_frame_must_not_be_dead() -> None:
    found = evidence(record([outcome(1, "dead")], [1]), session([1], {}))
    kept = {FrameId("door", "s1", 1): GOOD}
    assert broken(dataclasses.replace(found, dead_letters=kept)) == [Promise.WRONG_FATE]


def test_people_of_another_frame_are_wrong_boxes() -> None:
    stranger = dataclasses.replace(outcome(1), detections=((0, 0.9, (0.1, 0.1, 0.2, 0.2)),))
    found = evidence(record([stranger], [1]), session([1], {}))
    assert broken(found) == [Promise.WRONG_BOXES]


def test_a_monitor_that_counts_otherwise_is_found() -> None:
    assert WELL.monitor_report
    monitor_report = dataclasses.replace(
        WELL.monitor_report, accounts={"door": {"offered": 3, "accepted": 3}}
    )
    assert broken(dataclasses.replace(WELL, monitor_report=monitor_report)) == [Promise.LEDGER]
    doubles = dataclasses.replace(WELL.monitor_report, duplicates=1)
    assert broken(dataclasses.replace(WELL, monitor_report=doubles)) == [Promise.LEDGER]
    assert broken(dataclasses.replace(WELL, monitor_report=None)) == [Promise.LEDGER]


def test_a_camera_that_an_error_ended_is_found() -> None:
    failed = session([1], {})
    failed.ended = "PipelineUnknown: there is none"
    assert broken(evidence(record([outcome(1)], [1]), failed)) == [Promise.CAMERA]


def test_a_stream_that_forgot_is_found() -> None:
    assert broken(dataclasses.replace(WELL, shrunk=[(2, 3)])) == [Promise.STREAM]
    gone = {FrameId("door", "s1", 4)}
    assert broken(dataclasses.replace(WELL, gone=gone)) == [Promise.STREAM]
    WELL.record.missing.append(2)
    assert broken(WELL) == [Promise.STREAM]
    WELL.record.missing.clear()


def test_a_dead_frame_is_kept_with_its_bytes() -> None:
    found = evidence(record([outcome(1, "dead")], [1]), session([1], {}))
    found.sessions[0].offered[1] = Offer(1, BAD)
    frame = FrameId("door", "s1", 1)
    assert broken(dataclasses.replace(found)) == [Promise.DEAD_LETTER]
    assert broken(dataclasses.replace(found, dead_letters={frame: GOOD})) == [Promise.DEAD_LETTER]
    assert broken(dataclasses.replace(found, dead_letters={frame: BAD})) == []
