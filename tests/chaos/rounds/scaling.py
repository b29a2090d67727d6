"""Scaling while faults strike: the load that asks for it, and whether it still works at the end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from random import Random

import grpc.aio

from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.cli.common.calls import MASTER
from framemesh.runtime.rpc.channel import leader_channel
from tests.chaos.ledger.violation import Promise, Violation
from tests.chaos.load.waves import waves
from tests.chaos.mesh.system_under_test import SystemUnderTest

FOLLOW_SECONDS = 60.0
"""For one decision up and one down, while cameras come and go every 16 to 24 s."""

REST_SECONDS = 45.0
"""For all workers to go that nobody needs any more; one that is killed comes back first."""

POLL_SECONDS = 0.2
ANSWER_SECONDS = 2.0


@asynccontextmanager
async def changing_load(system: SystemUnderTest, random: Random) -> AsyncIterator[None]:
    """Let cameras come and go while the context lasts."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(waves(system.cameras, system.images, random, stop))
        try:
            yield
        finally:
            stop.set()


async def follows_the_load(system: SystemUnderTest) -> Iterator[Violation]:
    """Wait until it was scaled up and down again."""
    known = len(system.decision_log.decisions)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FOLLOW_SECONDS):
            while True:
                made = system.decision_log.decisions[known:]
                if len({each.after > each.before for each in made}) == 2:
                    return iter(())
                await asyncio.sleep(POLL_SECONDS)
    made = system.decision_log.decisions[known:]
    changes = ", ".join(f"{each.before} -> {each.after}" for each in made) or "none"
    what = f"in {FOLLOW_SECONDS:.0f} s of coming and going cameras these were made: {changes}"
    return iter([Violation(Promise.WORKERS, what)])


async def comes_to_rest(system: SystemUnderTest) -> Iterator[Violation]:
    """Wait until it has as few workers as it may have: no camera pushes any more."""
    least, seen = system.spec.workers.min, "no answer"
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(REST_SECONDS):
            while True:
                with contextlib.suppress(grpc.aio.AioRpcError):
                    found = await _pipeline(system)
                    seen = f"{found.wanted_workers} wanted and {found.ready_workers} ready"
                    if (found.wanted_workers, found.ready_workers) == (least, least):
                        return iter(())
                await asyncio.sleep(POLL_SECONDS)
    return iter([Violation(Promise.WORKERS, f"{seen} without a camera, {least} are enough")])


def none_is_overwritten(system: SystemUnderTest) -> Iterator[Violation]:
    """A master that does not lead any more must not undo what the next one decided."""
    for each in system.decision_log.overwritten:
        what = f"{each.before} workers were decided later than {each.after}, which replaced them"
        yield Violation(Promise.WORKERS, what)


async def _pipeline(system: SystemUnderTest) -> pipeline_pb2.Pipeline:
    request = pipeline_pb2.GetPipelineRequest(name=system.spec.name)
    async with leader_channel(system.mesh.run.master, MASTER) as channel:
        stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
        return (await stub.GetPipeline(request, timeout=ANSWER_SECONDS)).pipeline
