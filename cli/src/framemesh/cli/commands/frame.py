"""`framemesh frame ...`: what happened to one frame."""

import json
from typing import Annotated

import typer

from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.cli.common import addresses, converters
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS, connect
from framemesh.cli.common.failures import ErrorReportingGroup
from framemesh.cli.views.frame import lines

app = typer.Typer(
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    add_completion=False,
    help="Say what happened to a frame.",
)


@app.callback()
def frame() -> None:
    # Without it `show` would be no command of its own, as it is the only one.
    pass


@app.command()
def show(
    pipeline: Annotated[str, typer.Argument(show_default=False)],
    camera: Annotated[str, typer.Argument(show_default=False)],
    sequence: Annotated[int, typer.Argument(min=1, show_default=False)],
    *,
    session: Annotated[
        str, typer.Option(help="Of this session; else of all that have such a frame.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    monitor: addresses.MonitorAddress = addresses.MONITOR,
) -> None:
    """Say what happened to one frame. Fails if nothing is known of it."""
    request = monitor_pb2.GetFrameRequest(
        pipeline=pipeline, camera=camera, sequence=sequence, session=session
    )
    with connect(monitor) as channel:
        found = monitor_pb2_grpc.MonitorServiceStub(channel).GetFrame(
            request, timeout=ANSWER_TIMEOUT_SECONDS
        )
    if as_json:
        typer.echo(json.dumps(converters.frames_to_json(found)))
    else:
        typer.echo("\n".join(lines(found)) or f"nothing is known of a frame {sequence} of {camera}")
    if all(each.state == monitor_pb2.FRAME_STATE_UNKNOWN for each in found.frames):
        raise typer.Exit(1)
