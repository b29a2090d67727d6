"""`framemesh pipeline history` and `rollback`: the revisions that a pipeline had."""

from typing import Annotated

import typer

from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.cli.common import addresses
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS, CHANGE_SECONDS, connect_master
from framemesh.cli.common.console import print_view
from framemesh.cli.views.pipelines.pipeline import revisions_table


def history(
    name: Annotated[str, typer.Argument(show_default=False)],
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """List the revisions of a pipeline that are kept, the newest first."""
    with connect_master(master) as channel:
        answer = pipeline_pb2_grpc.PipelineServiceStub(channel).ListRevisions(
            pipeline_pb2.ListRevisionsRequest(name=name), timeout=ANSWER_TIMEOUT_SECONDS
        )
    print_view(revisions_table(answer.revisions))


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
