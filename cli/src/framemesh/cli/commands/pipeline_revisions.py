"""`framemesh pipeline history` and `rollback`: the revisions that a pipeline had."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.cli.common import addresses
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS, CHANGE_SECONDS, connect_master
from framemesh.cli.common.time_format import format_time
from framemesh.cli.views.pipeline import stages


def history(
    name: Annotated[str, typer.Argument(show_default=False)],
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """List the revisions of a pipeline that are kept, the newest first."""
    with connect_master(master) as channel:
        answer = pipeline_pb2_grpc.PipelineServiceStub(channel).ListRevisions(
            pipeline_pb2.ListRevisionsRequest(name=name), timeout=ANSWER_TIMEOUT_SECONDS
        )
    table = Table("revision", "applied", "stages", "", box=None)
    for each in answer.revisions:
        applied = format_time(each.applied_unix_nano) if each.applied_unix_nano else "not known"
        note = "current" if each.current else each.problem and f"rolled back: {each.problem}"
        table.add_row(str(each.revision), applied, stages(each.spec), escape(note))
    Console().print(table)


def rollback(
    name: Annotated[str, typer.Argument(show_default=False)],
    to: Annotated[
        int | None,
        typer.Option(
            min=1, help="The revision; else the last one that worked.", show_default=False
        ),
    ] = None,
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Make a pipeline what it was at an earlier revision. No frame is lost."""
    request = pipeline_pb2.RollBackPipelineRequest(name=name, revision=to or 0)
    with connect_master(master) as channel:
        made = (
            pipeline_pb2_grpc.PipelineServiceStub(channel)
            .RollBackPipeline(request, timeout=CHANGE_SECONDS)
            .pipeline
        )
    typer.echo(f"pipeline {name} is at revision {made.revision} again")
    if made.trouble:
        typer.echo(f"trouble: {made.trouble}")
