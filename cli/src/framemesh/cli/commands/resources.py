"""`framemesh resources`: what is free, and what a pipeline would take of it."""

from pathlib import Path
from typing import Annotated

import typer

from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.cli.commands.node import listed
from framemesh.cli.commands.pipeline import read_pipeline
from framemesh.cli.common import addresses
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS, connect_master
from framemesh.cli.common.console import print_view
from framemesh.cli.views.node import free_table, plan_lines
from framemesh.runtime.messages import pipeline_message


def resources(
    file: Annotated[
        Path | None,
        typer.Argument(help="A pipeline.yaml: where its workers would go.", show_default=False),
    ] = None,
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Say what is free on the nodes, and what a pipeline would take of it.

    Nothing is made. Fails if the pipeline has no place for all its workers.
    """
    wanted = None if file is None else pipeline_message.to_proto(read_pipeline(file))
    nodes = listed(master)
    if nodes:
        print_view(free_table(nodes))
    else:
        typer.echo("no nodes: start an agent, or `framemesh up`")
    if wanted is None:
        return
    with connect_master(master) as channel:
        plan = pipeline_pb2_grpc.PipelineServiceStub(channel).PlanPipeline(
            pipeline_pb2.PlanPipelineRequest(spec=wanted), timeout=ANSWER_TIMEOUT_SECONDS
        )
    typer.echo()
    for line in plan_lines(wanted, plan, nodes):
        typer.echo(line)
    if plan.missing:
        raise typer.Exit(1)
