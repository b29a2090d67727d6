"""The number of workers follows the load alone: from one to six and back, and no frame is lost."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ByteSize

from bench.scaling.simulated_model import simulated_model
from framemesh.api.common.v1.outcome_pb2 import Outcome
from framemesh.core.clock import NANO
from framemesh.core.pipeline.spec import BufferSpec, ObjectiveSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from tests.swarm.lab.mesh import mesh
from tests.swarm.lab.pipelines import pipeline
from tests.swarm.lab.source import Source
from tests.waiting import eventually

pytestmark = [
    pytest.mark.swarm,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(400, func_only=True),
    pytest.mark.usefixtures("stack_of_three"),
]

MODEL_MILLISECONDS = 80
"""A worker does 12.5 frames a second."""

QUIET, MORE, BUSY = 4.0, 17.0, 66.0
"""Frames a second: for one worker, for two, for six."""

QUIET_FRAMES = 40

MOST = 6
SPEC = PipelineSpec(
    "scaled",
    (StageSpec("only", "accelerator"),),
    BufferSpec(shards=8, replicas=3, max_bytes=ByteSize(64 * 1024**2)),
    workers=WorkersSpec(1, MOST, ObjectiveSpec(timedelta(seconds=2)), timedelta(seconds=10)),
)

ADDED_SECONDS = 8.0
"""From the first frame too many to the first outcome of the worker that is added for it."""

SCALED_SECONDS = 120.0


async def grown_to(count: int) -> None:
    await eventually(
        lambda: pipeline(SPEC.name), SCALED_SECONDS, until=lambda it: it.ready_workers >= count
    )


async def wanted(count: int) -> None:
    await eventually(
        lambda: pipeline(SPEC.name), SCALED_SECONDS, until=lambda it: it.wanted_workers >= count
    )


async def shrunk_to_one() -> None:
    await eventually(
        lambda: pipeline(SPEC.name), SCALED_SECONDS, until=lambda it: it.ready_workers == 1
    )


def completed_by(outcomes: Sequence[Outcome], begin: int, end: int) -> dict[str, int]:
    """The workers of the outcomes between two times, each with the time of its first one."""
    first: dict[str, int] = {}
    for each in outcomes:
        if begin <= each.completed_unix_nano < end:
            at = first.get(each.completed_by, end)
            first[each.completed_by] = min(at, each.completed_unix_nano)
    return first


async def test_workers_follow_the_load_from_one_to_six_and_back(tmp_path: Path) -> None:
    there = mesh()
    await there.add_model(
        simulated_model(tmp_path / "model", "accelerator", milliseconds=MODEL_MILLISECONDS)
    )
    await there.submit(SPEC)
    try:
        await grown_to(1)
        source = Source(SPEC.name, MORE)
        async with source.running():
            # What one worker does, and how long it needs to start, is learned the first time.
            await grown_to(2)
            source.rate = QUIET
            await shrunk_to_one()
            # Until the others have completed what they had.
            enough = source.sent + QUIET_FRAMES
            await eventually(lambda: source.sent >= enough)
            source.rate = MORE
            grew = time.time_ns()
            await wanted(2)
            decided = time.time_ns()
            await grown_to(2)
            ready = time.time_ns()
            source.rate = BUSY
            await grown_to(MOST)
            source.rate = QUIET
            await shrunk_to_one()
        outcomes = await there.outcomes(SPEC.name, source.sent)
        frames = Counter(
            (each.frame.camera, each.frame.session, each.frame.sequence) for each in outcomes
        )
        assert len(frames) == source.sent
        for ledger in (await there.status(SPEC.name)).cameras:
            assert (ledger.accepted, ledger.pending, ledger.dead) == (ledger.done, 0, 0)
        (one,) = completed_by(outcomes, grew - NANO, grew)
        after = completed_by(outcomes, grew, time.time_ns())
        assert len(after) == MOST
        added = min(at for name, at in after.items() if name != one)
        times = {"decided": decided, "ready": ready, "first outcome": added}
        after_growth = {step: round((at - grew) / NANO, 1) for step, at in times.items()}
        assert after_growth["first outcome"] <= ADDED_SECONDS, after_growth
    finally:
        await there.delete(SPEC.name)
