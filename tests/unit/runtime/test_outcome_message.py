"""An outcome on the wire, and the one place that it takes in its run."""

from dataclasses import replace

import pytest

from framemesh.api.common.v1 import outcome_pb2
from framemesh.core.clock import SystemClock
from framemesh.core.detection import (
    Box,
    ClassArea,
    Detection,
    Keypoint,
    Mask,
    Point,
    Raster,
    RasterKind,
)
from framemesh.core.frame import FrameId
from framemesh.core.hops import HOPS, Hop, HopTimings
from framemesh.core.outcome import Fate, Outcome, StageModel
from framemesh.runtime.dataplane.errors import AlreadyStored
from framemesh.runtime.memory.config import Retention, StreamConfig
from framemesh.runtime.memory.memory_plane import MemoryPlane
from framemesh.runtime.messages import outcome_message
from framemesh.runtime.messages.subjects import outcome_subject, outcomes_subject

OUTCOME = Outcome(
    frame=FrameId("north", "s1", 7),
    pipeline="street",
    fate=Fate.DONE,
    captured_unix_nano=1,
    completed_unix_nano=2,
    completed_by="street-0",
    width=640,
    height=480,
    revision=7,
    models=(StageModel("things", "person", 3), StageModel("faces", "face", 1)),
    detections=(
        Detection("things", "person", 0, 0.5, Box(0.0, 0.25, 0.5, 1.0)),
        Detection("faces", "face", 0, 0.75, None, parent=0),
        Detection(
            "all",
            "everything",
            3,
            0.5,
            corners=(Point(0, 0), Point(1, 0), Point(1, 1), Point(0, 1)),
            keypoints=(Keypoint(Point(-0.5, 0.25), 0.5),),
            mask=Mask(2, 2, (1, 2, 1)),
            raster=Raster(
                RasterKind.DEPTH, 2, 1, b"zz", low=1.0, high=8.0, areas=(ClassArea(1, "sky", 0.5),)
            ),
            text="B 123",
            embedding=(0.5, -0.25),
        ),
    ),
)


@pytest.mark.parametrize("run", ["", "shadow-2"])
def test_an_outcome_survives_the_wire(run: str) -> None:
    outcome = replace(OUTCOME, run=run)
    payload = outcome_message.to_message(outcome).payload
    assert outcome_message.from_payload(payload) == outcome


def test_the_live_run_costs_nothing_on_the_wire() -> None:
    live = len(outcome_message.to_message(OUTCOME).payload)
    assert len(outcome_message.to_message(replace(OUTCOME, run="r")).payload) == live + 3


async def test_a_frame_has_one_outcome_in_each_run() -> None:
    plane = MemoryPlane(SystemClock())
    plane.provision(StreamConfig("ALL", ("outcomes.>", "runs.>"), Retention.LIMITS, 1024 * 1024))
    for run in ("", "shadow", "replay"):
        message = outcome_message.to_message(replace(OUTCOME, run=run))
        await plane.store(message)
        with pytest.raises(AlreadyStored):
            await plane.store(message)


def test_readers_of_live_outcomes_see_no_other_run() -> None:
    live = outcomes_subject("street", "*").removesuffix("*.>")
    assert outcome_subject("street", OUTCOME.frame) == "outcomes.street.north.s1.7"
    assert outcome_subject("street", OUTCOME.frame, "shadow") == "runs.street.shadow.north.s1.7"
    assert not outcome_subject("street", OUTCOME.frame, "shadow").startswith(live)


def test_the_ledger_counts_a_done_frame_that_is_damaged() -> None:
    done = replace(OUTCOME, fate=Fate.DONE, reason="", damaged=True)
    payload = outcome_message.to_message(done).payload
    assert outcome_message.summary_from_payload(payload).reason == "damaged"
    assert outcome_message.from_payload(payload) == done


REACHED = (
    HopTimings(),
    HopTimings(ingest=0, dwell=0, queue=0),
    HopTimings(None, None, 5, 7),
    HopTimings(1, 2, 3, 4, 5, 6, 0),
    HopTimings(dwell=2**50),
)


@pytest.mark.parametrize("timings", REACHED, ids=str)
def test_the_hops_that_a_frame_did_not_reach_are_absent(timings: HopTimings) -> None:
    outcome = replace(OUTCOME, timings=timings)
    payload = outcome_message.to_message(outcome).payload
    assert outcome_message.from_payload(payload) == outcome


def test_the_hops_of_a_frame_are_these_bytes() -> None:
    empty = outcome_message.to_proto(OUTCOME).SerializeToString()
    timed = replace(OUTCOME, timings=HopTimings(300, 0, 1, 2, 3, 4, 5))
    written = outcome_message.to_proto(timed).SerializeToString()
    assert written == empty + bytes.fromhex("9a010f 08ac02 1000 1801 2002 2803 3004 3805")


def test_hops_have_the_same_names_everywhere() -> None:
    names = [hop.value for hop in Hop]
    assert names == list(HopTimings._fields)
    assert names == [field.name for field in outcome_pb2.HopTimings.DESCRIPTOR.fields]
    assert set(HOPS) == set(Hop)
