"""`framemesh push`: a file, a folder or a webcam as one camera or many."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TimeElapsedColumn

from framemesh.cli.common import addresses
from framemesh.cli.push import pushing
from framemesh.cli.push.sources import open_source
from framemesh.cli.views.push import PushProgress, RejectionSummary
from framemesh.sdk import AsyncCamera, OnFull


def push(
    source: Annotated[
        str,
        typer.Argument(
            help="A video, an image, a folder of images, rtsp://..., webcam or webcam:N.",
            show_default=False,
        ),
    ],
    *,
    pipeline: Annotated[str, typer.Option(help="That takes the frames.", show_default=False)],
    camera: Annotated[str, typer.Option(help="The name of the camera.")] = "camera",
    cameras: Annotated[
        int | None,
        typer.Option(min=1, help="As so many cameras: NAME-1, NAME-2, ...", show_default=False),
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option(
            min=0.01, help="Frames a second; else as fast as it goes.", show_default=False
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Frames a camera, at most.", show_default=False)
    ] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Start again at the end.")] = False,
    on_full: Annotated[
        OnFull,
        typer.Option(
            help="While the pipeline takes no more: wait, fail, or drop what was not sent yet."
        ),
    ] = "block",
    ingest: addresses.IngestAddress = addresses.INGEST,
) -> None:
    """Send frames to a pipeline. Fails if one was rejected."""
    plan = pushing.Plan(open_source(source), fps, limit, loop)
    refusals = RejectionSummary()
    names = [f"{camera}-{number}" for number in range(1, cameras + 1)] if cameras else [camera]
    sending = [
        AsyncCamera(ingest, pipeline=pipeline, name=name, on_rejected=refusals.add, on_full=on_full)
        for name in names
    ]
    typer.echo(asyncio.run(_push(plan, sending)))
    for line in refusals.lines():
        typer.echo(line, err=True)
    if pushing.total(sending).rejected:
        raise typer.Exit(1)


async def _push(plan: pushing.Plan, cameras: Sequence[AsyncCamera]) -> str:
    length = await asyncio.to_thread(lambda: plan.length)
    console = Console(stderr=True)
    columns = (BarColumn(), "{task.description}", TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = PushProgress(progress, cameras, None if length is None else length * len(cameras))
        async with asyncio.TaskGroup() as group:
            drawing = group.create_task(bar.refresh_periodically())
            await pushing.push(plan, cameras)
            drawing.cancel()
        bar.refresh()
    return bar.summary()
