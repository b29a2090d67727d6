"""`framemesh watch`: what the models see, as they see it."""

import json
from itertools import islice
from typing import Annotated

import typer

from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.cli.common import addresses, converters
from framemesh.cli.common.calls import connect


def watch(
    pipeline: Annotated[str, typer.Argument(show_default=False)],
    *,
    cameras: Annotated[
        list[str] | None,
        typer.Option("--camera", help="Of this camera; may be given often.", show_default=False),
    ] = None,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Begin with the oldest result that is kept.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a line.")] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="End after so many.", show_default=False)
    ] = None,
    monitor: addresses.MonitorAddress = addresses.MONITOR,
) -> None:
    """Print the results of a pipeline, one line a frame, until Ctrl-C."""
    request = monitor_pb2.WatchResultsRequest(
        pipeline=pipeline, cameras=cameras or (), from_start=from_start
    )
    with connect(monitor) as channel:
        results = monitor_pb2_grpc.MonitorServiceStub(channel).WatchResults(request)
        for result in islice(results, limit):
            typer.echo(_as_json(result.outcome) if as_json else line(result.outcome))
        results.cancel()


def line(outcome: outcome_pb2.Outcome) -> str:
    """An outcome for a person: camera, sequence, age, and what was seen or went wrong."""
    age_ms = (outcome.completed_unix_nano - outcome.captured_unix_nano) / 1e6
    return f"{outcome.frame.camera} {outcome.frame.sequence} {age_ms:.0f} ms {seen(outcome)}"


def seen(outcome: outcome_pb2.Outcome) -> str:
    """What was seen in a frame, or why nothing was looked for."""
    if outcome.fate != outcome_pb2.FATE_DONE:
        why = ": ".join(filter(None, (outcome.reason, outcome.detail)))
        return f"{converters.fate_from_proto(outcome)} ({why})"
    return ", ".join(f"{seen.label} {seen.score:.2f}" for seen in outcome.detections) or "nothing"


def _as_json(outcome: outcome_pb2.Outcome) -> str:
    return json.dumps(converters.outcome_to_json(outcome))
