"""`framemesh frame show` against a monitor that answers."""

import base64
import json
from typing import Any

import pytest

from framemesh.api.common.v1 import frame_pb2, outcome_pb2
from framemesh.api.monitor.v1 import monitor_pb2

CAPTURED = 1_700_000_000_000_000_000


def record(
    session: str, state: "monitor_pb2.FrameState.ValueType", **outcome: Any
) -> monitor_pb2.FrameRecord:
    frame = frame_pb2.FrameId(camera="north", session=session, sequence=7)
    completed = outcome_pb2.Outcome(
        frame=frame,
        captured_unix_nano=CAPTURED,
        completed_unix_nano=CAPTURED + 35_000_000,
        completed_by="w1",
        attempts=1,
        **outcome,
    )
    return monitor_pb2.FrameRecord(
        frame=frame,
        state=state,
        outcome=completed if outcome else None,
        stored_unix_nano=CAPTURED + 40_000_000 if outcome else 0,
    )


@pytest.fixture(autouse=True)
def known(services: Any) -> None:
    person = outcome_pb2.Detection(stage="people", label="person", score=0.875)
    services.known = [
        record("a", monitor_pb2.FRAME_STATE_PENDING),
        record(
            "b",
            monitor_pb2.FRAME_STATE_COMPLETED,
            fate="FATE_DONE",
            detections=[person],
            models=[outcome_pb2.StageModel(stage="people", model="person", version=3)],
            timings=outcome_pb2.HopTimings(ingest=1500, dwell=0, queue=3500, triton=30_000),
        ),
        record(
            "c",
            monitor_pb2.FRAME_STATE_COMPLETED,
            fate="FATE_DEAD",
            reason="undecodable",
            detail="bad marker",
        ),
        record("d", monitor_pb2.FRAME_STATE_NOT_RETAINED),
    ]


def test_what_happened_to_a_frame_in_each_session_is_told(run: Any) -> None:
    said = run("frame", "show", "street", "north", "7")
    assert said.exit_code == 0
    assert said.stdout == (
        "north/a/7 is pending: accepted, and in the buffer or with a worker\n"
        "north/b/7 is done\n"
        "  detected  person 0.88\n"
        "  captured  2023-11-14 22:13:20.000 UTC\n"
        "  completed 2023-11-14 22:13:20.035 UTC, after 35 ms\n"
        "  stored    2023-11-14 22:13:20.040 UTC\n"
        "  hops      ingest 1.5 ms, dwell 0.0 ms, queue 3.5 ms, triton 30.0 ms\n"
        "  by        w1, 1 attempt\n"
        "  models    people (person 3)\n"
        "north/c/7 is dead\n"
        "  reason    undecodable\n"
        "  detail    bad marker\n"
        "  captured  2023-11-14 22:13:20.000 UTC\n"
        "  completed 2023-11-14 22:13:20.035 UTC, after 35 ms\n"
        "  stored    2023-11-14 22:13:20.040 UTC\n"
        "  by        w1, 1 attempt\n"
        "north/d/7 had an outcome, which is no longer kept: of north 7 done, 2 dead\n"
    )


def test_in_json_it_has_the_whole_outcome(run: Any) -> None:
    said = run("frame", "show", "street", "north", "7", "--session", "b", "--json")
    document = json.loads(said.stdout)
    (frame,) = document["frames"]
    assert (frame["session"], frame["state"], frame["stored_unix_nano"]) == (
        "b",
        "completed",
        CAPTURED + 40_000_000,
    )
    assert frame["outcome"]["detections"][0]["label"] == "person"
    assert document["ledger"]["done"] == 7
    pending = run("frame", "show", "street", "north", "7", "--session", "a", "--json")
    assert json.loads(pending.stdout)["frames"][0]["outcome"] is None


def test_all_that_a_model_tells_comes_through(run: Any, services: Any) -> None:
    told = outcome_pb2.Detection(
        stage="people",
        label="person",
        score=0.875,
        box=outcome_pb2.Box(right=1, bottom=1),
        keypoints=[outcome_pb2.Keypoint(at=outcome_pb2.Point(x=0.5, y=0.25), score=1)] * 17,
        mask=outcome_pb2.Mask(width=2, height=2, runs=(1, 3)),
    )
    areas = [outcome_pb2.ClassArea(label="road", area=0.5)]
    # Values that cannot be made small: a message of gRPC has 4 MiB unless both sides allow more.
    large = outcome_pb2.Raster(
        kind=outcome_pb2.RASTER_KIND_CLASSES, areas=areas, values=bytes(6 * 1024 * 1024)
    )
    scene = outcome_pb2.Detection(stage="scene", raster=large)
    services.known = [
        record("b", monitor_pb2.FRAME_STATE_COMPLETED, fate="FATE_DONE", detections=[told, scene])
    ]
    said = run("frame", "show", "street", "north", "7")
    assert (
        "detected  person 0.88 (17 keypoints, mask over 75% of its box), road 50%\n" in said.stdout
    )
    document = json.loads(run("frame", "show", "street", "north", "7", "--json").stdout)
    person, road = document["frames"][0]["outcome"]["detections"]
    assert person["keypoints"] == [[0.5, 0.25, 1.0]] * 17
    assert person["mask"] == {"width": 2, "height": 2, "runs": [1, 3]}
    assert len(base64.b64decode(road["raster"]["values"])) == 6 * 1024 * 1024


def test_a_frame_of_which_nothing_is_known_fails_the_command(run: Any, services: Any) -> None:
    said = run("frame", "show", "street", "north", "8")
    assert (said.exit_code, said.stdout) == (1, "nothing is known of a frame 8 of north\n")
    services.known = [record("e", monitor_pb2.FRAME_STATE_UNKNOWN)]
    said = run("frame", "show", "street", "north", "7", "--session", "e")
    assert said.exit_code == 1
    assert "north/e/7 is unknown" in said.stdout
