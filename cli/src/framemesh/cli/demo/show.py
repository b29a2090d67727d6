"""Pushing the clip through a running mesh while its results come in."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.cli.local.run_state import RunState
from framemesh.cli.push.plan import Plan
from framemesh.cli.push.report import PushReport
from framemesh.cli.push.sender import push
from framemesh.cli.views.outcome import line
from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.rpc.channel import channel
from framemesh.sdk import AsyncCamera

WORKER_SECONDS = 60.0
"""Until a worker has started its Triton and loaded the model; usually two seconds."""

RESULT_SECONDS = 60.0
"""Until the next result; usually milliseconds."""

POLL_SECONDS = 0.1
PRINT_EVERY = 40
"""Results between two that are printed."""


class DemoFailed(FramemeshError):
    """The demo did not get as far as it should."""

    code = Code.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Show:
    """A clip, as some cameras at some pace, through one pipeline."""

    plan: Plan
    pipeline: str
    cameras: tuple[str, ...]

    @property
    def frames(self) -> int:
        """Of all cameras."""
        return (self.plan.length or 0) * len(self.cameras)


async def until_ready(run: RunState, pipeline: str) -> None:
    """Wait for the first worker of a pipeline.

    Raises:
        DemoFailed: none was ready in time; says what keeps it.
    """
    trouble = "no worker was started"
    try:
        async with asyncio.timeout(WORKER_SECONDS), channel(run.master) as master:
            stub = pipeline_pb2_grpc.PipelineServiceStub(master)
            request = pipeline_pb2.GetPipelineRequest(name=pipeline)
            while not (found := (await stub.GetPipeline(request)).pipeline).ready_workers:
                trouble = found.trouble or trouble
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError as error:
        raise DemoFailed(f"pipeline {pipeline} has no worker: {trouble}") from error


async def show(run: RunState, what: Show, console: Console) -> list[outcome_pb2.Outcome]:
    """Push everything, and return the outcome of every frame.

    Raises:
        DemoFailed: the results stopped coming.
    """
    senders = [AsyncCamera(run.ingest, pipeline=what.pipeline, name=name) for name in what.cameras]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as progress:
        bars = {name: progress.add_task(name, total=what.plan.length) for name in what.cameras}
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(push(what.plan, senders, PushReport()))
            outcomes: list[outcome_pb2.Outcome] = []
            async with aclosing(_results(run, what)) as results:
                async for outcome in results:
                    outcomes.append(outcome)
                    progress.advance(bars[outcome.frame.camera])
                    if len(outcomes) % PRINT_EVERY == 1:
                        progress.console.print(f"  {line(outcome)}", highlight=False)
            return outcomes


async def _results(run: RunState, what: Show) -> AsyncGenerator[outcome_pb2.Outcome, None]:
    request = monitor_pb2.WatchResultsRequest(pipeline=what.pipeline, from_start=True)
    async with channel(run.monitor) as monitor:
        call = monitor_pb2_grpc.MonitorServiceStub(monitor).WatchResults(request)
        results = aiter(call)
        for _ in range(what.frames):
            try:
                async with asyncio.timeout(RESULT_SECONDS):
                    result = await anext(results)
            except TimeoutError as error:
                logs = Path(run.programs[0].log).parent
                raise DemoFailed(f"no result for {RESULT_SECONDS:.0f} s: see {logs}") from error
            yield result.outcome
