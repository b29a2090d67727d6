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
from framemesh.cli.commands import model_submission, pipeline, status
from framemesh.cli.common.console import output_console, print_view
from framemesh.cli.demo.artefacts import write_artefacts
from framemesh.cli.demo.bundle import Bundle, bundle
from framemesh.cli.demo.latency_stats import latency_stats
from framemesh.cli.demo.run import DemoFailed, DemoRun, push_and_collect, wait_for_worker
from framemesh.cli.local.interrupts import Interrupted, run_interruptible
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.programs import require_servers
from framemesh.cli.local.run_state import RunState
from framemesh.cli.local.running import running_mesh
from framemesh.cli.local.startup_table import StartupTable
from framemesh.cli.views.report import PipelineReport
from framemesh.cli.views.status import view
from framemesh.runtime import logs

CAMERAS = ("street-1", "street-2")


def demo(
    out: Annotated[Path, typer.Option(help="The folder for its files.")] = Path("demo"),
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


async def _demo(bundled: Bundle, out: Path, fps: float) -> None:
    logs.configure("demo", "warning")
    console = output_console()
    run = DemoRun(bundled.clip, fps, pipeline.read_pipeline(bundled.pipeline).name, CAMERAS)
    data = out / "mesh"
    # The ledger of an earlier demo would count its frames too.
    await asyncio.to_thread(shutil.rmtree, data, ignore_errors=True)
    began = time.monotonic()
    with ExitStack() as starting:
        table = starting.enter_context(StartupTable())
        async with running_mesh(data, Ports.free(), show=table.show) as mesh:
            starting.close()
            up = time.time_ns()
            console.print(f"up after {time.monotonic() - began:.1f} s")
            outcomes = await _run(bundled, mesh, run, console)
            seconds = (outcomes[0].completed_unix_nano - up) / 1e9
            console.print(f"the first detections were there {seconds:.1f} s after it was up")
            (report,) = await asyncio.to_thread(
                status.gather, run.pipeline, mesh.master, mesh.monitor
            )
    console.print("stopped; drawing the detections")
    await _print_results(bundled, out, outcomes, report, console)
    if not _is_complete(report, len(outcomes)):
        raise DemoFailed(f"not every frame is done: see {data / 'logs'}")


async def _run(
    bundled: Bundle, mesh: RunState, run: DemoRun, console: Console
) -> Sequence[outcome_pb2.Outcome]:
    await asyncio.to_thread(model_submission.submit, bundled.model, master=mesh.master)
    await asyncio.to_thread(pipeline.apply, bundled.pipeline, mesh.master)
    await wait_for_worker(mesh, run.pipeline)
    return await push_and_collect(mesh, run, console)


async def _print_results(
    bundled: Bundle,
    out: Path,
    outcomes: Sequence[outcome_pb2.Outcome],
    report: PipelineReport,
    console: Console,
) -> None:
    written = await asyncio.to_thread(write_artefacts, out, bundled.clip, outcomes, CAMERAS[0])
    print_view(view([report]))
    stats = latency_stats(outcomes)
    people = sum(len(outcome.detections) for outcome in outcomes)
    console.print(
        f"{len(outcomes)} frames, {people} detections, {stats.frames_per_second:.1f} frames/s;"
        f" age p50 {stats.p50_ms:.0f} ms, p95 {stats.p95_ms:.0f} ms, p99 {stats.p99_ms:.0f} ms"
    )
    for path in (written.video, written.picture, written.results):
        console.print(f"  {path}", soft_wrap=True)


def _is_complete(report: PipelineReport, frames: int) -> bool:
    """Whether every frame that was pushed is done, and the ledger says so."""
    return (
        all(camera.balances for camera in report.cameras)
        and sum(camera.done for camera in report.cameras) == frames
        and not report.duplicate_outcomes
    )
