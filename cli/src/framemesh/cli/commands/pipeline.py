"""`framemesh pipeline ...`: apply, list and delete pipelines."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.cli.common import addresses
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS, CHANGE_SECONDS, connect
from framemesh.cli.common.failures import ErrorReportingGroup
from framemesh.cli.common.files import read_document
from framemesh.core.documents.document import InvalidDocument
from framemesh.core.pipeline.spec import PipelineSpec, check_pipeline
from framemesh.runtime.messages import pipeline_message

app = typer.Typer(
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    add_completion=False,
    help="Apply, list and delete pipelines.",
)


def read_pipeline(path: Path) -> PipelineSpec:
    """Read the pipeline that a YAML file declares.

    Raises:
        FileUnreadable: there is no such file.
        InvalidDocument: with the line and the field of every error.
    """
    document = read_document(path)
    spec = document.read(PipelineSpec)
    try:
        check_pipeline(spec)
    except InvalidDocument as error:
        raise document.located(error) from error
    return spec


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(help="A pipeline.yaml.", show_default=False)],
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Make a pipeline, or change it to what FILE says."""
    spec = pipeline_message.to_proto(read_pipeline(file))
    with connect(master) as channel:
        answer = pipeline_pb2_grpc.PipelineServiceStub(channel).ApplyPipeline(
            pipeline_pb2.ApplyPipelineRequest(spec=spec), timeout=CHANGE_SECONDS
        )
    typer.echo(f"pipeline {spec.name} is at revision {answer.pipeline.revision}")
    if answer.pipeline.trouble:
        typer.echo(f"trouble: {answer.pipeline.trouble}")


@app.command("list")
def list_pipelines(master: addresses.MasterAddress = addresses.MASTER) -> None:
    """List the pipelines, their stages and their ready workers."""
    with connect(master) as channel:
        answer = pipeline_pb2_grpc.PipelineServiceStub(channel).ListPipelines(
            pipeline_pb2.ListPipelinesRequest(), timeout=ANSWER_TIMEOUT_SECONDS
        )
    table = Table("pipeline", "revision", "stages", "workers", "trouble", box=None)
    for one in answer.pipelines:
        stages = ", ".join(f"{s.name} ({s.model} {s.model_version})" for s in one.spec.stages)
        workers = f"{one.ready_workers} of {one.spec.workers.min}"
        table.add_row(one.spec.name, str(one.revision), stages, workers, escape(one.trouble))
    Console().print(table)


@app.command()
def delete(
    name: Annotated[str, typer.Argument(show_default=False)],
    discard_pending: Annotated[
        bool, typer.Option("--discard-pending", help="Even if accepted frames wait in its buffer.")
    ] = False,
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Stop a pipeline and delete its buffer."""
    request = pipeline_pb2.DeletePipelineRequest(name=name, discard_pending=discard_pending)
    with connect(master) as channel:
        answer = pipeline_pb2_grpc.PipelineServiceStub(channel).DeletePipeline(
            request, timeout=CHANGE_SECONDS
        )
    discarded = f", {answer.discarded} accepted frames discarded" if answer.discarded else ""
    typer.echo(f"pipeline {name} is deleted{discarded}")
