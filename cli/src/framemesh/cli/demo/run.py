"""Pushes the clip through a running mesh, and collects its results meanwhile."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import grpc.aio
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.cli.common.calls import MASTER, named, named_errors, nobody_leads
from framemesh.cli.common.connecting import connect_options
from framemesh.cli.local.run_state import RunState
from framemesh.cli.push.plan import Plan
from framemesh.cli.push.report import PushReport
from framemesh.cli.push.sender import push
from framemesh.cli.views.outcome import line
from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.rpc.channel import channel, leader_channel
from framemesh.sdk import AsyncCamera, CameraOptions
from framemesh.sources.spec import Kind, SourceSpec
from framemesh.sources.supervision.source import WatchedSource

WORKER_TIMEOUT_SECONDS = 60.0
"""For a worker to start its Triton and load the model; usually two seconds."""

RESULT_TIMEOUT_SECONDS = 60.0
"""For the next result; usually milliseconds."""

POLL_SECONDS = 0.1
PRINT_EVERY = 40
"""One result of so many is printed."""


class DemoFailed(FramemeshError):
    """The demo did not come to its end, or not every frame is done."""

    code = Code.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class DemoRun:
    """A clip that several cameras push through one pipeline."""

    clip: Path
    fps: float
    pipeline: str
    cameras: tuple[str, ...]


async def wait_for_worker(mesh: RunState, pipeline: str) -> None:
    """Wait until the first worker of a pipeline is ready.

    Raises:
        DemoFailed: none was ready in time, with the reason.
        CallFailed: the master is gone.
    """
    reason = "no worker was started"
    try:
        async with (
            asyncio.timeout(WORKER_TIMEOUT_SECONDS),
            leader_channel(mesh.master, MASTER, connect_options()) as master,
        ):
            stub = pipeline_pb2_grpc.PipelineServiceStub(master)
            request = pipeline_pb2.GetPipelineRequest(name=pipeline)
            while True:
                try:
                    found = (await stub.GetPipeline(request)).pipeline
                except grpc.aio.AioRpcError as error:
                    if not nobody_leads(error):
                        raise named(error, mesh.master) from error
                    reason = "no master leads at the moment"
                else:
                    if found.ready_workers:
                        return
                    reason = found.trouble or reason
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError as error:
        raise DemoFailed(f"pipeline {pipeline} has no worker: {reason}") from error


async def push_and_collect(
    mesh: RunState, run: DemoRun, console: Console
) -> list[outcome_pb2.Outcome]:
    """Push everything, and return the outcome of every frame.

    Raises:
        DemoFailed: the results stopped coming.
        CallFailed: the monitor is gone.
        SourceUnreadable: the clip is no video.
    """
    async with WatchedSource(SourceSpec(Kind.FILE, str(run.clip))) as clip:
        frames = (await clip.opened()).length or 0
        return await _push_and_collect(mesh, run, clip, frames, console)


async def _push_and_collect(
    mesh: RunState, run: DemoRun, clip: WatchedSource, frames: int, console: Console
) -> list[outcome_pb2.Outcome]:
    plan = Plan(run.fps)
    options = CameraOptions(tls=connect_options().tls)
    senders = [
        AsyncCamera(mesh.ingest, pipeline=run.pipeline, name=name, options=options)
        for name in run.cameras
    ]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as progress:
        bars = {name: progress.add_task(name, total=frames) for name in run.cameras}
        async with TaskGroup() as tasks:
            tasks.create_task(push(clip, plan, senders, PushReport()))
            outcomes: list[outcome_pb2.Outcome] = []
            async with aclosing(_results(mesh, run, frames * len(senders))) as results:
                async for outcome in results:
                    outcomes.append(outcome)
                    progress.advance(bars[outcome.frame.camera])
                    if len(outcomes) % PRINT_EVERY == 1:
                        progress.console.print(f"  {line(outcome)}", highlight=False)
            return outcomes


async def _results(
    mesh: RunState, run: DemoRun, frames: int
) -> AsyncGenerator[outcome_pb2.Outcome, None]:
    request = monitor_pb2.WatchResultsRequest(pipeline=run.pipeline, from_start=True)
    async with channel(mesh.monitor, connect_options()) as monitor:
        call = monitor_pb2_grpc.MonitorServiceStub(monitor).WatchResults(request)
        results = aiter(call)
        for _ in range(frames):
            try:
                with named_errors(mesh.monitor):
                    async with asyncio.timeout(RESULT_TIMEOUT_SECONDS):
                        result = await anext(results)
            except TimeoutError as error:
                logs = Path(mesh.programs[0].log).parent
                raise DemoFailed(
                    f"no result for {RESULT_TIMEOUT_SECONDS:.0f} s: see {logs}"
                ) from error
            yield result.outcome
