"""`framemesh sink ...`: where results go."""

import json
from pathlib import Path
from typing import Annotated

import typer

from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.master.v1 import sink_pb2, sink_pb2_grpc
from framemesh.cli.common import addresses
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS, CHANGE_SECONDS, connect_master
from framemesh.cli.common.console import print_view
from framemesh.cli.common.failures import ErrorReportingGroup
from framemesh.cli.common.message_json import message_to_json
from framemesh.cli.views.sink import details, table
from framemesh.core.outcome import Fate

app = typer.Typer(
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    add_completion=False,
    help="Add, list, show and remove what takes results to files and other services.",
)

Name = Annotated[str, typer.Argument(show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]


def _folder(what: str) -> typer.models.OptionInfo:
    found: typer.models.OptionInfo = typer.Option(
        metavar="DIR", help=f"{what} in this folder, where the service of sinks runs."
    )
    return found


@app.command()
def add(
    name: Name,
    *,
    pipeline: Annotated[str, typer.Option(help="Whose results.", show_default=False)],
    jsonl: Annotated[Path | None, _folder("Files with one JSON document a line")] = None,
    parquet: Annotated[Path | None, _folder("Files of columns")] = None,
    mp4: Annotated[Path | None, _folder("Videos with the detections drawn on them")] = None,
    crops: Annotated[Path | None, _folder("What is under each box, as JPEG files")] = None,
    webhook: Annotated[
        str, typer.Option(metavar="URL", help="HTTP requests.", show_default=False)
    ] = "",
    mqtt: Annotated[
        str,
        typer.Option(metavar="URL", help="Messages of an MQTT broker.", show_default=False),
    ] = "",
    cameras: Annotated[
        list[str] | None,
        typer.Option("--camera", help="Only of this camera; may be repeated.", show_default=False),
    ] = None,
    labels: Annotated[
        list[str] | None,
        typer.Option(
            "--label", help="Only results with this label; may be repeated.", show_default=False
        ),
    ] = None,
    fates: Annotated[
        list[Fate] | None,
        typer.Option("--fate", help="Only with this fate; may be repeated.", show_default=False),
    ] = None,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Begin with the oldest result that is kept.")
    ] = False,
    file_seconds: Annotated[
        float, typer.Option(help="A file is completed after so many.", show_default=False)
    ] = 0,
    file_bytes: Annotated[
        int, typer.Option(help="A file with so many is completed.", show_default=False)
    ] = 0,
    folder_bytes: Annotated[
        int,
        typer.Option(help="Of crops: above it the oldest files are deleted.", show_default=False),
    ] = 0,
    frames_per_second: Annotated[
        float, typer.Option("--fps", help="Of a video: how fast it plays.", show_default=False)
    ] = 0,
    batch: Annotated[
        int, typer.Option(help="Of a webhook: results of one request.", show_default=False)
    ] = 0,
    in_flight: Annotated[
        int,
        typer.Option(
            help="Of a webhook and MQTT: how many wait for an answer at once.", show_default=False
        ),
    ] = 0,
    topic: Annotated[
        str,
        typer.Option(help="Of MQTT, with {pipeline} and {camera} in it.", show_default=False),
    ] = "",
    secret: Annotated[
        str,
        typer.Option(
            envvar="FRAMEMESH_SINK_SECRET",
            help="Of a webhook: what requests are signed with.",
            show_default=False,
        ),
    ] = "",
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Take results of a pipeline to a target from now on. Say which with one option."""
    targets = {
        sink_pb2.SINK_KIND_JSONL: jsonl and str(jsonl.absolute()),
        sink_pb2.SINK_KIND_PARQUET: parquet and str(parquet.absolute()),
        sink_pb2.SINK_KIND_MP4: mp4 and str(mp4.absolute()),
        sink_pb2.SINK_KIND_CROPS: crops and str(crops.absolute()),
        sink_pb2.SINK_KIND_WEBHOOK: webhook,
        sink_pb2.SINK_KIND_MQTT: mqtt,
    }
    chosen = [(kind, target) for kind, target in targets.items() if target]
    if len(chosen) != 1:
        raise typer.BadParameter("say with one option where results go, as --jsonl DIR")
    kind, target = chosen[0]
    spec = sink_pb2.SinkSpec(
        name=name,
        pipeline=pipeline,
        kind=kind,
        target=target,
        cameras=cameras or (),
        labels=labels or (),
        fates=[outcome_pb2.Fate.Value(f"FATE_{fate.name}") for fate in fates or ()],
        from_start=from_start,
        options=sink_pb2.SinkOptions(
            file_seconds=file_seconds,
            file_bytes=file_bytes,
            folder_bytes=folder_bytes,
            frames_per_second=frames_per_second,
            batch=batch,
            in_flight=in_flight,
            topic=topic,
            secret=secret,
        ),
    )
    with connect_master(master) as channel:
        sink_pb2_grpc.SinkServiceStub(channel).AddSink(
            sink_pb2.AddSinkRequest(spec=spec), timeout=CHANGE_SECONDS
        )
    typer.echo(f"sink {name} takes results of {pipeline} from now on; `framemesh sink show {name}`")


@app.command("list")
def list_sinks(
    *,
    pipeline: Annotated[str, typer.Option(help="Only of this pipeline.")] = "",
    as_json: AsJson = False,
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """List the sinks, and how far behind each is."""
    with connect_master(master) as channel:
        answer = sink_pb2_grpc.SinkServiceStub(channel).ListSinks(
            sink_pb2.ListSinksRequest(pipeline=pipeline), timeout=ANSWER_TIMEOUT_SECONDS
        )
    if as_json:
        typer.echo(json.dumps({"sinks": list(map(message_to_json, answer.sinks))}))
    elif answer.sinks:
        print_view(table(answer.sinks))
    else:
        typer.echo("no sinks: `framemesh sink add --help` shows how to add one")


@app.command()
def show(
    name: Name, *, as_json: AsJson = False, master: addresses.MasterAddress = addresses.MASTER
) -> None:
    """Show a sink: what it takes where, how far it is, and what keeps it from its work."""
    with connect_master(master) as channel:
        sink = (
            sink_pb2_grpc.SinkServiceStub(channel)
            .GetSink(sink_pb2.GetSinkRequest(name=name), timeout=ANSWER_TIMEOUT_SECONDS)
            .sink
        )
    typer.echo(json.dumps(message_to_json(sink)) if as_json else "\n".join(details(sink)))


@app.command()
def remove(name: Name, master: addresses.MasterAddress = addresses.MASTER) -> None:
    """Take no more results there. What was written stays."""
    with connect_master(master) as channel:
        sink_pb2_grpc.SinkServiceStub(channel).RemoveSink(
            sink_pb2.RemoveSinkRequest(name=name), timeout=CHANGE_SECONDS
        )
    typer.echo(f"sink {name} is removed; what it wrote stays")
