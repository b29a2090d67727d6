"""`framemesh push`: a file, a folder or a webcam as one camera or many."""

import time
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TimeElapsedColumn

from framemesh.cli.common import addresses
from framemesh.cli.common.console import output_console
from framemesh.cli.local.interrupts import Interrupted, run_interruptible
from framemesh.cli.push import sender
from framemesh.cli.push.daemon_thread import DaemonThread
from framemesh.cli.push.encoding import DEFAULT_QUALITY, Encoding, ImageFormat
from framemesh.cli.push.open_source import open_source
from framemesh.cli.push.plan import Plan
from framemesh.cli.push.report import PushReport, listed
from framemesh.cli.push.sender import total
from framemesh.cli.views.push import PushProgress, encoded, summary
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.sdk import AsyncCamera, CameraOptions, Counts, OnFull


def push(
    source: Annotated[
        str,
        typer.Argument(
            help="A video, an image, a folder of images, rtsp://..., webcam or webcam:N.",
            show_default=False,
        ),
    ],
    *,
    pipeline: Annotated[str, typer.Option(help="The pipeline for the frames.", show_default=False)],
    camera: Annotated[str, typer.Option(help="The name of the camera.")] = "camera",
    cameras: Annotated[
        int | None,
        typer.Option(min=1, help="Send as N cameras: NAME-1, NAME-2, ...", show_default=False),
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            help="Frames a second of each camera; else as fast as possible.",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Frames a camera, at most.", show_default=False)
    ] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Start again at the end.")] = False,
    image_format: Annotated[
        ImageFormat | None,
        typer.Option(
            "--format",
            help="Send every frame in this format; else image files as they are, and all that "
            "is no JPEG, PNG or WebP as JPEG.",
            show_default=False,
        ),
    ] = None,
    quality: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=100,
            help="Of JPEGs. Without it files that are JPEGs stay as they are, and others "
            f"have {DEFAULT_QUALITY}.",
            show_default=False,
        ),
    ] = None,
    on_full: Annotated[
        OnFull,
        typer.Option(
            help="While the pipeline takes no more: wait, fail, or drop the oldest unsent frames."
        ),
    ] = "block",
    ingest: addresses.IngestAddress = addresses.INGEST,
) -> None:
    """Send frames to a pipeline. Fails if one was rejected or cannot be read."""
    encoding = Encoding(image_format, quality)
    images = open_source(source, encoding)
    if left_out := [f"{one.name}{'/' * one.is_dir()}" for one in images.left_out]:
        typer.echo(f"left out, as no image: {listed(left_out)}", err=True)
    report = PushReport()
    names = [f"{camera}-{number}" for number in range(1, cameras + 1)] if cameras else [camera]
    senders = [
        AsyncCamera(
            ingest,
            pipeline=pipeline,
            name=name,
            options=CameraOptions(on_rejected=report.rejected, on_full=on_full),
        )
        for name in names
    ]
    began, status = time.monotonic(), 0
    try:
        run_interruptible(_push(Plan(images, fps, limit, loop), senders, report))
    except Interrupted as error:
        status = error.status
    finally:
        _tell(total(senders), time.monotonic() - began, report, encoding)
    if status or report.failed:
        raise typer.Exit(status or 1)


async def _push(plan: Plan, cameras: Sequence[AsyncCamera], report: PushReport) -> None:
    with DaemonThread("framemesh-length") as source:
        length = await source.call(lambda: plan.length)
    console = output_console(stderr=True)
    columns = (BarColumn(), "{task.description}", TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = PushProgress(progress, cameras, None if length is None else length * len(cameras))
        async with TaskGroup() as group:
            drawing = group.create_task(bar.refresh_periodically())
            await sender.push(plan, cameras, report)
            drawing.cancel()
        bar.refresh()


def _tell(counts: Counts, seconds: float, report: PushReport, encoding: Encoding) -> None:
    """What became of the frames; also before the error that ended the push."""
    if counts.offered:
        typer.echo(summary(counts, seconds))
    if report.encoded:
        typer.echo(encoded(report.encoded, encoding))
    for line in report.lines():
        typer.echo(line, err=True)
