"""`framemesh watch`: the results of a pipeline as they are stored."""

import json
from itertools import islice
from typing import Annotated

import typer

from framemesh.api.monitor.v1 import monitor_pb2
from framemesh.cli.common import addresses
from framemesh.cli.common.result_feed import ResultFeed
from framemesh.cli.views.outcome import line
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
    monitor: addresses.MonitorAddress = addresses.MONITOR,
) -> None:
    """Print the results of a pipeline, one line a frame, until Ctrl-C.

    A monitor that is restarted is connected to again; no result is missed or printed twice.
    """
    request = monitor_pb2.WatchResultsRequest(
        pipeline=pipeline, cameras=cameras or (), from_start=from_start
    )
    feed = ResultFeed(monitor, request, report=lambda line: typer.echo(line, err=True))
    for outcome in islice(feed, limit):
        typer.echo(json.dumps(outcome_to_json(outcome)) if as_json else line(outcome))
