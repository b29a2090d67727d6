"""Which effects are attributed to a fault."""

import pytest

from framemesh.core.frame import FrameId
from tests.chaos.faults.injected_fault import InjectedFault
from tests.chaos.faults.signals import Kill
from tests.chaos.faults.targets import INGEST, WORKER
from tests.chaos.ledger.evidence import Evidence
from tests.chaos.ledger.record import Record, StoredOutcome
from tests.chaos.ledger.violation import Promise, Violation
from tests.chaos.report.figures import figures
from tests.chaos.report.table import markdown
from tests.chaos.rounds.recovery import frames_again
from tests.chaos.rounds.round import Round
from tests.chaos.rounds.schedule import schedule

SECOND = 1_000_000_000


def outcome(camera: str, captured: float, stored: float) -> StoredOutcome:
    frame = FrameId(camera, "s1", int(captured * 10))
    return StoredOutcome(frame, "done", "", int(captured * SECOND), int(stored * SECOND), ())


def injected(fault: Kill, began: int, recovered: int | None) -> InjectedFault:
    at = None if recovered is None else recovered * SECOND
    return InjectedFault(fault, began * SECOND, began * SECOND, at)


OUTCOMES = [outcome("a", 9.9, 10.0), outcome("a", 9.5, 14.0), outcome("a", 19.9, 20.0)]


def played() -> Round:
    injected_faults = [injected(Kill(INGEST), 10, 12), injected(Kill(WORKER), 30, None)]
    lost = [
        Violation(Promise.LOST, "", FrameId("a", "s1", 1), at_unix_nano=at * SECOND)
        for at in (9, 12, 28)
    ]
    evidence = Evidence([], Record(OUTCOMES), None, {})
    return Round(schedule(1, []), injected_faults, 40 * SECOND, evidence, lost)


def test_frames_in_flight_and_those_up_to_the_next_fault_are_attributed_to_a_fault() -> None:
    ingest, worker = figures([played(), played()])
    assert (ingest.name, ingest.times, ingest.broken[Promise.LOST]) == ("kill ingest", 2, 4)
    assert (worker.name, worker.times, worker.broken[Promise.LOST]) == ("kill worker", 2, 2)


def test_gaps_ages_and_recoveries_are_measured() -> None:
    ingest, worker = figures([played()])
    assert ingest.longest_gap == pytest.approx(6.0)
    assert ingest.slowest_frame == pytest.approx(4.5)
    assert (ingest.recoveries, ingest.unrecovered) == ([2.0], 0)
    assert (worker.recoveries, worker.unrecovered) == ([], 1)


def test_the_table_says_what_never_came_back() -> None:
    *_, ingest, worker = markdown(figures([played()]), ordered=False).splitlines()
    assert ingest == "| kill ingest | 1 | 2 | 0 | - | 6.0 | 4.5 | 2.0 | 2.0 |"
    assert worker == "| kill worker | 1 | 1 | 0 | - | 0.0 | 0.0 | - | never |"


def test_a_mesh_works_again_once_every_camera_has_a_new_frame_done() -> None:
    record = Record([outcome("a", 1, 6), outcome("a", 6, 7), outcome("b", 4, 8)])
    assert frames_again(record, ["a"], 5 * SECOND) == 7 * SECOND
    assert frames_again(record, ["a", "b"], 5 * SECOND) is None
    record.outcomes.append(outcome("b", 8, 9))
    assert frames_again(record, ["a", "b"], 5 * SECOND) == 9 * SECOND
