"""`framemesh pipeline ...`: apply, show, list and delete pipelines."""

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
from framemesh.cli.common.readiness import wait_until_ready
from framemesh.cli.views.pipeline import lines, stages
from framemesh.core.documents.document import InvalidDocument
from framemesh.core.pipeline.spec import PipelineSpec, check_pipeline
from framemesh.runtime.messages import pipeline_message

app = typer.Typer(
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    add_completion=False,
    help="Apply, show, list and delete pipelines.",
)

WAIT_SECONDS = 60.0
"""Of `apply --wait`: a worker is ready in 3 s; what fails at its start says so within 10 s. A large
model is on its way for longer."""


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
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Until a worker of it is ready.")] = False,
    timeout: Annotated[
        float, typer.Option(min=1, max=3600, help="Seconds that --wait waits.")
    ] = WAIT_SECONDS,
) -> None:
    """Make a pipeline, or change it to what FILE says."""
    spec = pipeline_message.to_proto(read_pipeline(file))
    with connect(master) as channel:
        stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
        request = pipeline_pb2.ApplyPipelineRequest(spec=spec)
        applied = stub.ApplyPipeline(request, timeout=CHANGE_SECONDS).pipeline
        typer.echo(f"pipeline {spec.name} is at revision {applied.revision}")
        if wait:
            found = wait_until_ready(stub, spec.name, timeout, _tell_trouble)
            typer.echo(f"{found.current_workers} of {found.spec.workers.min} workers ready")
        elif applied.trouble:
            typer.echo(f"trouble: {applied.trouble}")


def _tell_trouble(line: str) -> None:
    typer.echo(f"trouble: {line}", err=True)


@app.command()
def show(
    name: Annotated[str, typer.Argument(show_default=False)],
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Show a pipeline, its workers, and what keeps it from running."""
    request = pipeline_pb2.GetPipelineRequest(name=name)
    with connect(master) as channel:
        stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
        found = stub.GetPipeline(request, timeout=ANSWER_TIMEOUT_SECONDS).pipeline
    for line in lines(found):
        typer.echo(line)


@app.command("list")
def list_pipelines(master: addresses.MasterAddress = addresses.MASTER) -> None:
    """List the pipelines, their stages and their ready workers."""
    with connect(master) as channel:
        answer = pipeline_pb2_grpc.PipelineServiceStub(channel).ListPipelines(
            pipeline_pb2.ListPipelinesRequest(), timeout=ANSWER_TIMEOUT_SECONDS
        )
    table = Table("pipeline", "revision", "stages", "workers", "trouble", box=None)
    for one in answer.pipelines:
        workers = f"{one.ready_workers} of {one.spec.workers.min}"
        table.add_row(
            one.spec.name, str(one.revision), stages(one.spec), workers, escape(one.trouble)
        )
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
