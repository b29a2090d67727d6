"""`framemesh trace`: the way of one frame, hop by hop."""

from typing import Annotated

import typer

from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.cli.common import addresses
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS, connect
from framemesh.cli.common.console import print_view
from framemesh.cli.common.converters import frame_id
from framemesh.cli.tracing.jaeger import Jaeger
from framemesh.cli.tracing.waterfall import notes, waterfall
from framemesh.core.frame import FrameId
from framemesh.core.tracing.frame_trace import frame_trace_id
from framemesh.core.tracing.links import trace_url
from framemesh.runtime.tracing.jaeger_page import has_page


def trace(
    pipeline: Annotated[str, typer.Argument(show_default=False)],
    camera: Annotated[str, typer.Argument(show_default=False)],
    sequence: Annotated[int, typer.Argument(min=1, show_default=False)],
    *,
    session: Annotated[str, typer.Option(help="Of this session; else of the newest.")] = "",
    jaeger: addresses.JaegerAddress = addresses.JAEGER,
    monitor: addresses.MonitorAddress = addresses.MONITOR,
) -> None:
    """Show the way of a frame hop by hop, and its page in Jaeger. Fails if it has no trace."""
    record = _newest(pipeline, camera, sequence, session, monitor)
    if record is None or record.state == monitor_pb2.FRAME_STATE_UNKNOWN:
        typer.echo(f"nothing is known of a frame {sequence} of {camera}", err=True)
        raise typer.Exit(1)
    trace_id = record.trace_id or _own_trace_id(pipeline, record)
    spans = Jaeger(jaeger).trace(trace_id)
    if not spans:
        typer.echo(_why_none(record), err=True)
        raise typer.Exit(1)
    print_view(waterfall(spans))
    for note in notes(spans):
        typer.echo(note)
    if has_page(jaeger):
        typer.echo(trace_url(jaeger, trace_id))
    else:
        typer.echo(f"the Jaeger at {jaeger} has no page; the id of the trace is {trace_id}")


def _newest(
    pipeline: str, camera: str, sequence: int, session: str, monitor: str
) -> monitor_pb2.FrameRecord | None:
    request = monitor_pb2.GetFrameRequest(
        pipeline=pipeline, camera=camera, sequence=sequence, session=session
    )
    with connect(monitor) as channel:
        found = monitor_pb2_grpc.MonitorServiceStub(channel).GetFrame(
            request, timeout=ANSWER_TIMEOUT_SECONDS
        )
    return next(iter(found.frames), None)


def _own_trace_id(pipeline: str, record: monitor_pb2.FrameRecord) -> str:
    """Of a frame that has no outcome yet, or whose outcome tells of none."""
    frame = record.frame
    return frame_trace_id(pipeline, FrameId(frame.camera, frame.session, frame.sequence))


def _why_none(record: monitor_pb2.FrameRecord) -> str:
    name = frame_id(record.frame)
    if record.trace_id:
        return (
            f"error: {name} was traced, and Jaeger has no such trace: it keeps the newest alone, or"
            " services send theirs elsewhere (FRAMEMESH_OTLP)"
        )
    if record.state == monitor_pb2.FRAME_STATE_PENDING:
        return f"error: {name} has no trace yet: it is in the buffer or with a worker"
    return (
        f"error: {name} has no trace: it is none of those of tracing.sample, and nothing went"
        " wrong with it"
    )
