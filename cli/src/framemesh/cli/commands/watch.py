"""`framemesh watch`: the results of a pipeline as they are stored."""

import json
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from framemesh.api.monitor.v1 import monitor_pb2
from framemesh.cli.common import addresses
from framemesh.cli.common.result_feed import ResultFeed
from framemesh.cli.views.outcome import line
from framemesh.cli.watching.jsonl_file import write_jsonl
from framemesh.runtime.messages.outcome_json import outcome_to_json


def watch(
    pipeline: Annotated[str, typer.Argument(show_default=False)],
    *,
    cameras: Annotated[
        list[str] | None,
        typer.Option("--camera", help="Only of this camera; may be repeated.", show_default=False),
    ] = None,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Begin with the oldest result that is kept.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a line.")] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="End after so many results.", show_default=False)
    ] = None,
    jsonl: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Append them to this file.", show_default=False),
    ] = None,
    mp4: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A video of one camera, of its live pictures.", show_default=False
        ),
    ] = None,
    monitor: addresses.MonitorAddress = addresses.MONITOR,
    dashboard: addresses.DashboardAddress = addresses.DASHBOARD,
) -> None:
    """Print the results of a pipeline, one line a frame, until Ctrl-C.

    A monitor that is restarted is connected to again; no result is missed or printed twice.
    """
    if mp4 is not None:
        _record(mp4, pipeline, cameras or [], limit, dashboard)
        return
    request = monitor_pb2.WatchResultsRequest(
        pipeline=pipeline, cameras=cameras or (), from_start=from_start
    )
    feed = ResultFeed(monitor, request, report=lambda line: typer.echo(line, err=True))
    if jsonl is not None:
        write_jsonl(jsonl, islice(feed, limit))
        return
    for outcome in islice(feed, limit):
        typer.echo(json.dumps(outcome_to_json(outcome)) if as_json else line(outcome))


def _record(
    path: Path, pipeline: str, cameras: list[str], limit: int | None, dashboard: str
) -> None:
    """Until Ctrl-C, which completes the video."""
    # Only who wants a video loads OpenCV.
    from framemesh.cli.watching.live_pictures import live_pictures  # noqa: PLC0415
    from framemesh.cli.watching.video_file import VideoFile  # noqa: PLC0415

    if len(cameras) != 1:
        raise typer.BadParameter("--mp4 is of one camera: say which with --camera")
    video = VideoFile(path)
    with suppress(KeyboardInterrupt), video:
        for picture in islice(live_pictures(dashboard, pipeline, cameras[0]), limit):
            video.add(picture)
    typer.echo(f"{video.frames} pictures are in {path}")
