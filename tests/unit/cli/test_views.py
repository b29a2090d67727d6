"""What status and watch print."""

import pytest
from rich.console import Console

from framemesh.api.common.v1 import frame_pb2, outcome_pb2
from framemesh.api.master.v1 import pipeline_pb2
from framemesh.api.monitor.v1 import monitor_pb2
from framemesh.cli.common import converters
from framemesh.cli.views.outcome import line
from framemesh.cli.views.report import CameraReport, PipelineReport
from framemesh.cli.views.status import view
from framemesh.runtime.messages.outcome_json import outcome_to_json

PIPELINE = pipeline_pb2.Pipeline(
    spec=pipeline_pb2.PipelineSpec(name="street"), revision=3, ready_workers=1, trouble="no model"
)
STATUS = monitor_pb2.PipelineStatus(
    pipeline="street",
    backlog=7,
    backlog_bytes=2_000_000,
    accepted_per_second=12.5,
    cameras=[
        monitor_pb2.CameraLedger(
            camera="door", offered=10, accepted=9, rejected=1, done=5, dead=1, pending=3,
            reasons={"too_large": 1, "undecodable": 1},
        ),
    ],
)  # fmt: skip


def printed(*reports: PipelineReport) -> str:
    console = Console(width=160)
    with console.capture() as capture:
        console.print(view(reports))
    return capture.get()


def outcome(**fields: object) -> outcome_pb2.Outcome:
    return outcome_pb2.Outcome(
        frame=frame_pb2.FrameId(camera="door", session="s", sequence=12),
        captured_unix_nano=1_000_000_000,
        completed_unix_nano=1_035_400_000,
        **fields,  # type: ignore[arg-type]
    )


@pytest.fixture
def seen() -> outcome_pb2.Outcome:
    box = outcome_pb2.Box(left=0.25, top=0.25, right=0.5, bottom=0.5)
    found = outcome_pb2.Detection(stage="people", label="person", score=0.875, box=box)
    whole = outcome_pb2.Detection(stage="scene", label="street", score=0.5, parent=0)
    return outcome(fate=outcome_pb2.FATE_DONE, detections=[found, whole])


def test_status_shows_workers_trouble_backlog_and_the_ledger() -> None:
    said = printed(converters.report_from_proto(PIPELINE, STATUS))
    assert "street revision 3, 1 worker ready" in said
    assert "trouble: no model" in said
    assert "superseded" not in said
    assert "backlog 7 frames (2.0 MB), 12.5 accepted/s" in said
    (row,) = [row for row in said.splitlines() if "door" in row]
    assert row.split() == [
        "door", "10", "9", "1", "5", "1", "3", "✓", "too_large", "1,", "undecodable", "1",
    ]  # fmt: skip


def test_status_says_what_the_ledger_lacks_and_how_many_dead_letters_are_kept() -> None:
    assert "dead letters" not in printed(converters.report_from_proto(PIPELINE, STATUS))
    found = monitor_pb2.PipelineStatus(unread_entries=12, dead_letters=3)
    said = printed(converters.report_from_proto(PIPELINE, found))
    assert "12 entries of the ledger were dropped before they were read" in said
    assert "3 dead letters: `framemesh dead list street`" in said


def test_status_says_what_the_monitor_cannot_tell() -> None:
    found = monitor_pb2.PipelineStatus(problem="LEDGER-street: stream not found")
    said = printed(converters.report_from_proto(PIPELINE, found))
    assert "incomplete: LEDGER-street: stream not found" in said
    assert "no camera has sent a frame yet" not in said


def test_status_shows_the_cameras_that_are_not_kept_by_name_as_one_row() -> None:
    others = monitor_pb2.CameraLedger(offered=70, accepted=70, done=70)
    found = monitor_pb2.PipelineStatus(retired=others, retired_cameras=7)
    said = printed(converters.report_from_proto(PIPELINE, found))
    (row,) = [row for row in said.splitlines() if "all others" in row]
    assert row.split() == ["(all", "others,", "7)", "70", "70", "70", "0", "\u2713"]


def test_status_of_a_pipeline_that_one_service_does_not_know_yet() -> None:
    assert "no camera has sent a frame yet" in printed(converters.report_from_proto(PIPELINE, None))
    assert converters.report_from_proto(None, STATUS).name == "street"


def test_status_without_pipelines_says_how_to_make_one() -> None:
    assert "framemesh pipeline create" in printed()


@pytest.mark.parametrize("field", ["offered", "accepted", "done", "dead", "pending"])
def test_a_ledger_that_lacks_a_frame_does_not_balance(field: str) -> None:
    counts = {
        "offered": 10, "accepted": 9, "rejected": 1, "done": 3, "expired": 1, "superseded": 1,
        "dead": 1, "pending": 3,
    }  # fmt: skip
    assert CameraReport("door", **counts, reasons={}).balances
    counts[field] -= 1
    assert not CameraReport("door", **counts, reasons={}).balances


def test_a_result_is_one_line(seen: outcome_pb2.Outcome) -> None:
    assert line(seen) == "door 12 35 ms person 0.88, street 0.50"


def test_a_frame_in_which_nothing_was_seen_says_so() -> None:
    assert line(outcome(fate=outcome_pb2.FATE_DONE)) == "door 12 35 ms nothing"


def test_a_frame_that_was_not_done_says_why() -> None:
    dead = outcome(fate=outcome_pb2.FATE_DEAD, reason="undecodable", detail="bad marker")
    assert line(dead) == "door 12 35 ms dead (undecodable: bad marker)"


def test_a_result_in_json_has_its_boxes_as_fractions(seen: outcome_pb2.Outcome) -> None:
    document = outcome_to_json(seen)
    assert (document["camera"], document["sequence"], document["fate"]) == ("door", 12, "done")
    person, street = document["detections"]
    assert (person["box"], person["parent"]) == ([0.25, 0.25, 0.5, 0.5], None)
    assert (street["box"], street["parent"]) == (None, 0)
