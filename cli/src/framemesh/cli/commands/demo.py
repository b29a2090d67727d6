"""The command `framemesh demo`."""

import asyncio
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from framemesh.api.common.v1 import outcome_pb2
from framemesh.cli.commands import model, pipeline, status
from framemesh.cli.demo.artefacts import write_artefacts
from framemesh.cli.demo.bundle import Bundle, bundle
from framemesh.cli.demo.latency_stats import latency_stats
from framemesh.cli.demo.show import DemoFailed, Show, show, until_ready
from framemesh.cli.local.interrupts import Interrupted, run_interruptible
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.programs import require_servers
from framemesh.cli.local.run_state import RunState
from framemesh.cli.local.running import running_mesh
from framemesh.cli.local.startup_table import StartupTable
from framemesh.cli.push.plan import Plan
from framemesh.cli.push.sources import open_source
from framemesh.cli.views.report import PipelineReport
from framemesh.cli.views.status import view
from framemesh.runtime import logs

CAMERAS = ("street-1", "street-2")


def demo(
    out: Annotated[Path, typer.Option(help="The folder for what it makes.")] = Path("demo"),
    fps: Annotated[float, typer.Option(min=0.1, help="Frames a second of each camera.")] = 25.0,
) -> None:
    """Find people in a street: start everything, push a clip as two cameras, stop it all."""
    require_servers()
    try:
        run_interruptible(_demo(bundle(), out.absolute(), fps))
    except Interrupted as error:
        typer.echo("interrupted: everything is stopped", err=True)
        raise typer.Exit(error.status) from error
    except OSError as error:
        raise DemoFailed(f"cannot use the folder {out}: {error}") from error


async def _demo(of: Bundle, out: Path, fps: float) -> None:
    logs.configure("demo", "warning")
    console = Console()
    plan = Plan(open_source(str(of.clip)), fps, limit=None, loop=False)
    what = Show(plan, pipeline.read_pipeline(of.pipeline).name, CAMERAS)
    mesh = out / "mesh"
    # Its ledger would count the frames of the last time.
    await asyncio.to_thread(shutil.rmtree, mesh, ignore_errors=True)
    began = time.monotonic()
    with ExitStack() as starting:
        board = starting.enter_context(StartupTable())
        async with running_mesh(mesh, Ports.free(), show=board.show) as run:
            starting.close()
            up = time.time_ns()
            console.print(f"up after {time.monotonic() - began:.1f} s")
            outcomes = await _see(of, run, what, console)
            seconds = (outcomes[0].completed_unix_nano - up) / 1e9
            console.print(f"the first detections were there {seconds:.1f} s after it was up")
            (report,) = await asyncio.to_thread(
                status.gather, what.pipeline, run.master, run.monitor
            )
    console.print("stopped; drawing what was seen")
    await _tell(of, out, outcomes, report, console)
    if not _perfect(report, what.frames):
        raise DemoFailed(f"not every frame is done: see {mesh / 'logs'}")


async def _see(
    of: Bundle, run: RunState, what: Show, console: Console
) -> Sequence[outcome_pb2.Outcome]:
    await asyncio.to_thread(model.add, of.model, run.master)
    await asyncio.to_thread(pipeline.apply, of.pipeline, run.master)
    await until_ready(run, what.pipeline)
    return await show(run, what, console)


async def _tell(
    of: Bundle,
    out: Path,
    outcomes: Sequence[outcome_pb2.Outcome],
    report: PipelineReport,
    console: Console,
) -> None:
    made = await asyncio.to_thread(write_artefacts, out, of.clip, outcomes, CAMERAS[0])
    console.print(view([report]))
    found = latency_stats(outcomes)
    people = sum(len(outcome.detections) for outcome in outcomes)
    console.print(
        f"{len(outcomes)} frames, {people} detections, {found.frames_per_second:.1f} frames/s;"
        f" age p50 {found.p50_ms:.0f} ms, p95 {found.p95_ms:.0f} ms, p99 {found.p99_ms:.0f} ms"
    )
    for path in (made.video, made.picture, made.results):
        console.print(f"  {path}", soft_wrap=True)


def _perfect(report: PipelineReport, frames: int) -> bool:
    """Whether every frame that was pushed is done, and the ledger says so."""
    return (
        all(camera.balances for camera in report.cameras)
        and sum(camera.done for camera in report.cameras) == frames
        and not report.duplicate_outcomes
    )
