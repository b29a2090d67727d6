"""`framemesh push`: a file, a folder or a camera as one camera or many."""

import time
from dataclasses import dataclass, field, replace
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

from framemesh.cli.common import addresses
from framemesh.cli.common.console import output_console
from framemesh.cli.local.interrupts import Interrupted, run_interruptible
from framemesh.cli.push import sender, source_arguments
from framemesh.cli.push.camera_options import camera_options
from framemesh.cli.push.plan import Plan
from framemesh.cli.push.report import PushReport, listed
from framemesh.cli.push.sender import total
from framemesh.cli.push.state_lines import StateLines
from framemesh.cli.views.push import PushProgress, encoded, summary, waiting
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.sdk import AsyncCamera, OnFull
from framemesh.sources.encoding import DEFAULT_QUALITY, Encoding, ImageFormat
from framemesh.sources.locations import locate
from framemesh.sources.messages import Opened
from framemesh.sources.spec import OPEN_SECONDS, Hardware, SourceSpec, Transport
from framemesh.sources.supervision.source import WatchedSource
from framemesh.sources.supervision.state import NOTHING


@dataclass(slots=True)
class Push:
    """One run of the command."""

    spec: SourceSpec
    plan: Plan
    ingest: str
    pipeline: str
    names: list[str]
    on_full: OnFull | None
    spool: str | None = None
    report: PushReport = field(default_factory=PushReport)
    cameras: list[AsyncCamera] = field(default_factory=list)
    skipped: int = 0
    filtered: int = 0

    async def run(self) -> None:
        lines = StateLines(lambda line: typer.echo(line, err=True))
        async with WatchedSource(self.spec, on_state=lines.changed) as source:
            opened = await source.opened()
            if opened.left_out:
                typer.echo(f"left out, as no image: {listed(opened.left_out)}", err=True)
            self.cameras = [self._camera(name, opened) for name in self.names]
            try:
                await self._send(source, opened)
            finally:
                alive = source.state.alive or NOTHING
                self.skipped, self.filtered = alive.skipped, alive.filtered

    async def _send(self, source: WatchedSource, opened: Opened) -> None:
        console = output_console(stderr=True)
        columns = (BarColumn(), "{task.description}", TimeElapsedColumn(), TimeRemainingColumn())
        length = self.plan.length(opened)
        frames = None if length is None else length * len(self.cameras)
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            bar = PushProgress(progress, self.cameras, frames, self.report)
            async with TaskGroup() as group:
                drawing = group.create_task(bar.refresh_periodically())
                await sender.push(source, self.plan, self.cameras, self.report)
                drawing.cancel()
            bar.refresh()

    def _camera(self, name: str, opened: Opened) -> AsyncCamera:
        return AsyncCamera(
            self.ingest,
            pipeline=self.pipeline,
            name=name,
            options=camera_options(
                self.report.rejected, self.on_full, live=opened.live, spool=self.spool
            ),
        )


def push(
    source: Annotated[
        str,
        typer.Argument(
            help="A video, an image, a folder of them, - (standard input), rtsp://..., http://..., "
            "webcam or webcam:N, pattern or pattern:640x480@25.",
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
            help="Frames a second of each camera; else as fast as possible, and all of what is "
            "live. Of a live source the newest ones are sent, the others are skipped.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="Only each Nth frame.")] = 1,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Frames a camera, at most.", show_default=False)
    ] = None,
    start: Annotated[
        str, typer.Option(help="Where a video begins: 90, 1:30, 0:01:30.", show_default=False)
    ] = "",
    loop: Annotated[bool, typer.Option("--loop", help="Start again at the end.")] = False,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="A video as fast as it was recorded.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Of a folder: also images that come later.")
    ] = False,
    resize: Annotated[
        str,
        typer.Option(
            help="Larger pictures are made smaller, to 1280x720, 1280 or x720 at most.",
            show_default=False,
        ),
    ] = "",
    image_format: Annotated[
        ImageFormat | None,
        typer.Option(
            "--format",
            help="Send every frame in this format; else images as they are, and all that "
            "is no JPEG, PNG or WebP as JPEG.",
            show_default=False,
        ),
    ] = None,
    quality: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=100,
            help="Of JPEGs. Without it what is a JPEG stays as it is, and others "
            f"have {DEFAULT_QUALITY}.",
            show_default=False,
        ),
    ] = None,
    motion: Annotated[
        float,
        typer.Option(
            min=0.0, max=1.0, help="Leave out frames of which a smaller share has changed."
        ),
    ] = 0.0,
    user: Annotated[str, typer.Option(help="Of the camera.", show_default=False)] = "",
    password_env: Annotated[
        str, typer.Option(help="The variable that has its password.", show_default=False)
    ] = "",
    password_file: Annotated[
        str, typer.Option(help="The file that has its password.", show_default=False)
    ] = "",
    transport: Annotated[Transport, typer.Option(help="Of RTSP.")] = Transport.TCP,
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds without a frame until a camera stalls.")
    ] = OPEN_SECONDS,
    hardware: Annotated[
        Hardware, typer.Option(help="What decodes video, where this machine has it.")
    ] = Hardware.NONE,
    input_format: Annotated[
        str,
        typer.Option(help="FFmpeg's name of the format, as mjpeg for -.", show_default=False),
    ] = "",
    on_full: Annotated[
        str,
        typer.Option(
            help="While the pipeline takes no more: block, error, or drop_oldest (unsent frames). "
            "Without it files wait, and of a live source the newest frame does.",
            show_default=False,
        ),
    ] = "",
    adaptive: Annotated[
        bool,
        typer.Option("--adaptive", help="Send fewer and smaller JPEGs while the pipeline asks."),
    ] = False,
    spool: Annotated[
        str,
        typer.Option(
            help="A folder for frames that cannot be sent yet; they survive this command, and the "
            "next one with it sends them.",
            show_default=False,
        ),
    ] = "",
    ingest: addresses.IngestAddress = addresses.INGEST,
) -> None:
    """Send frames to a pipeline. Fails if one was rejected or cannot be read."""
    encoding = Encoding(image_format, quality)
    max_width, max_height = source_arguments.parse_size(resize) if resize else (0, 0)
    spec = replace(
        locate(source),
        every=every,
        loop=loop,
        realtime=realtime,
        max_width=max_width,
        max_height=max_height,
        encoding=encoding,
        motion=motion,
        transport=transport,
        open_seconds=timeout,
        stall_seconds=timeout,
        hardware=hardware,
        format=input_format,
        poll_seconds=1 / fps if fps else 1.0,
    )
    spec = source_arguments.with_login(spec, user, password_env, password_file)
    spec = source_arguments.watching(source_arguments.starting(spec, start), watch=watch)
    names = [f"{camera}-{number}" for number in range(1, cameras + 1)] if cameras else [camera]
    plan = Plan(fps, limit, loop, every, adaptive)
    run = Push(spec, plan, ingest, pipeline, names, _on_full(on_full), spool or None)
    began, status = time.monotonic(), 0
    try:
        run_interruptible(run.run())
    except Interrupted as error:
        status = error.status
    finally:
        _tell(run, time.monotonic() - began, encoding)
    if status or run.report.failed:
        raise typer.Exit(status or 1)


def _on_full(text: str) -> OnFull | None:
    match text:
        case "" | None:
            return None
        case "block" | "error" | "drop_oldest":
            return text
        case _:
            raise typer.BadParameter("block, error or drop_oldest", param_hint="--on-full")


def _tell(run: Push, seconds: float, encoding: Encoding) -> None:
    """What became of the frames; also before the error that ended the push."""
    counts = total(run.cameras)
    if counts.offered:
        typer.echo(summary(counts, seconds, run.skipped, run.filtered))
    if run.report.encoded:
        typer.echo(encoded(run.report.encoded, encoding))
    if run.spool and counts.pending:
        typer.echo(waiting(counts.pending, run.spool))
    for line in run.report.lines():
        typer.echo(line, err=True)
