"""`framemesh pipeline shadow`: how other versions of models differ on the same frames."""

import json
from typing import Annotated

import typer

from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.cli.common import addresses
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS, CHANGE_SECONDS, connect_master
from framemesh.cli.common.console import print_view
from framemesh.cli.common.message_json import message_to_json
from framemesh.cli.views.pipelines import shadow as view


def shadow(
    name: Annotated[str, typer.Argument(show_default=False)],
    *,
    stop: Annotated[bool, typer.Option("--stop", help="End it; its report is kept.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Show how the shadow of a pipeline differs: the same frames, other versions of its models.

    A shadow begins with `rollout.shadow.models` in the file of the pipeline.
    """
    with connect_master(master) as channel:
        stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
        if stop:
            ask = pipeline_pb2.EndShadowRequest(name=name)
            report = stub.EndShadow(ask, timeout=CHANGE_SECONDS).report
        else:
            request = pipeline_pb2.GetShadowReportRequest(name=name)
            report = stub.GetShadowReport(request, timeout=ANSWER_TIMEOUT_SECONDS).report
    if as_json:
        typer.echo(json.dumps(message_to_json(report)))
    else:
        _show(report)
        if stop:
            typer.echo(f"the shadow of {name} is ended")


def _show(report: pipeline_pb2.ShadowReport) -> None:
    for line in view.lines(report):
        typer.echo(line)
    tables = [view.sides_table(report)]
    if report.classes:
        tables.append(view.classes_table(report.classes))
    if report.examples:
        tables.append(view.examples_table(report.examples))
    for table in tables:
        typer.echo()
        print_view(table)
