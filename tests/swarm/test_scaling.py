"""The number of workers follows the load alone: from one to six and back, and no frame is lost."""

import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ByteSize

from bench.scaling.simulated_model import simulated_model
from framemesh.core.pipeline.spec import (
    BufferSpec,
    ObjectiveSpec,
    PipelineSpec,
    StageSpec,
    WorkersSpec,
)
from tests.swarm.lab.mesh import mesh
from tests.swarm.lab.pipelines import pipeline
from tests.swarm.lab.source import Source
from tests.waiting import eventually

pytestmark = [
    pytest.mark.swarm,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(400),
    pytest.mark.usefixtures("stack_of_three"),
]

MODEL_MILLISECONDS = 80
"""A worker does 12.5 frames a second."""

QUIET, MORE, BUSY = 4.0, 20.0, 66.0
"""Frames a second: for one worker, for two, for six."""

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


async def ready(count: int) -> None:
    await eventually(
        lambda: pipeline(SPEC.name), SCALED_SECONDS, until=lambda it: it.ready_workers == count
    )


async def test_workers_follow_the_load_from_one_to_six_and_back(tmp_path: Path) -> None:
    there = mesh()
    await there.add_model(
        simulated_model(tmp_path / "model", "accelerator", milliseconds=MODEL_MILLISECONDS)
    )
    await there.submit(SPEC)
    try:
        await ready(1)
        source = Source(SPEC.name, QUIET)
        async with source.running():
            # What one worker does is learned while it has more to do than it can.
            await eventually(lambda: source.sent > 5 * QUIET)
            source.rate = MORE
            grew_unix_nano = time.time_ns()
            await ready(2)
            source.rate = BUSY
            await ready(MOST)
            source.rate = QUIET
            await ready(1)
        outcomes = await there.outcomes(SPEC.name, source.sent)
        times = Counter(
            (each.frame.camera, each.frame.session, each.frame.sequence) for each in outcomes
        )
        assert len(times) == source.sent
        for ledger in (await there.status(SPEC.name)).cameras:
            assert (ledger.accepted, ledger.pending, ledger.dead) == (ledger.done, 0, 0)
        first: dict[str, int] = {}
        for each in outcomes:
            first.setdefault(each.completed_by, each.completed_unix_nano)
        assert len(first) >= MOST
        second = sorted(first.values())[1]
        assert (second - grew_unix_nano) / 1e9 <= ADDED_SECONDS
    finally:
        await there.delete(SPEC.name)
