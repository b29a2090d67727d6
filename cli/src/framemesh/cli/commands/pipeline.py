"""`framemesh pipeline ...`: create, apply, show, list, roll back and delete pipelines."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import grpc
import typer

from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.cli.commands import pipeline_revisions, pipeline_shadow
from framemesh.cli.common import addresses
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS, CHANGE_SECONDS, connect_master
from framemesh.cli.common.console import print_view
from framemesh.cli.common.failures import ErrorReportingGroup
from framemesh.cli.common.files import read_document
from framemesh.cli.common.pipeline_json import pipeline_to_json
from framemesh.cli.common.readiness import wait_until_ready
from framemesh.cli.views.node import plan_lines
from framemesh.cli.views.pipelines.graph import graph_tree
from framemesh.cli.views.pipelines.history import condition_lines, events_table
from framemesh.cli.views.pipelines.pipeline import lines, table
from framemesh.cli.views.waiting import conditions_told
from framemesh.core.documents.document import InvalidDocument
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.names import check_name
from framemesh.core.pipeline.changes import changes
from framemesh.core.pipeline.spec import PipelineSpec, check_pipeline
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.messages import pipeline_message

app = typer.Typer(
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    add_completion=False,
    help="Create, apply, show, list, roll back and delete pipelines.",
)
app.command()(pipeline_revisions.history)
app.command()(pipeline_revisions.rollback)
app.command()(pipeline_shadow.shadow)

WAIT_SECONDS = 60.0
"""Of `apply --wait`: a worker is ready in 3 s; what fails at its start says so within 10 s. A large
model is on its way for longer."""


Wait = Annotated[bool, typer.Option("--wait", help="Until a worker of it is ready.")]
Timeout = Annotated[float, typer.Option(min=1, max=3600, help="Seconds that --wait waits.")]


class PipelineExists(FramemeshError):
    """There is a pipeline of this name, and it has more to it than one model."""

    code = Code.CONFLICT


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
def create(
    name: Annotated[str, typer.Argument(show_default=False)],
    *,
    model: Annotated[str, typer.Option(help="A registered model.", show_default=False)],
    wait: Wait = False,
    timeout: Timeout = WAIT_SECONDS,
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Make a pipeline of one model, without a file; again: give it the model's current version.

    What else a pipeline can be is for `framemesh pipeline apply`.
    """
    stage = StageSpec(check_name("model", model), model)
    spec = PipelineSpec(check_name("pipeline", name), (stage,))
    with connect_master(master) as channel:
        stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
        if (there := _found(stub, name)) is not None and not _is_plain(there, spec):
            raise PipelineExists(
                f"there is a pipeline {name} already, and it is not of {model} alone: choose "
                "another name, or change its file and apply it"
            )
        _apply(stub, spec, timeout if wait else 0)


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(help="A pipeline.yaml.", show_default=False)],
    master: addresses.MasterAddress = addresses.MASTER,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
    wait: Wait = False,
    timeout: Timeout = WAIT_SECONDS,
) -> None:
    """Make a pipeline, or change it to what FILE says."""
    spec = read_pipeline(file)
    with connect_master(master) as channel:
        stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
        if dry_run:
            _say_changes(stub, spec)
        else:
            _apply(stub, spec, timeout if wait else 0)


def _say_changes(stub: pipeline_pb2_grpc.PipelineServiceStub, spec: PipelineSpec) -> None:
    request = pipeline_pb2.PlanPipelineRequest(spec=pipeline_message.to_proto(spec))
    plan = stub.PlanPipeline(request, timeout=ANSWER_TIMEOUT_SECONDS)
    wanted = pipeline_message.from_answer(plan.spec)
    if not plan.HasField("current"):
        typer.echo(f"pipeline {spec.name} would be made")
    elif found := [*changes(pipeline_message.from_answer(plan.current), wanted)]:
        typer.echo(f"pipeline {spec.name} would change:")
        for line in found:
            typer.echo(f"  {line}")
    else:
        typer.echo(f"pipeline {spec.name} would not change")
    for line in plan_lines(plan.spec, plan):
        typer.echo(line)


def _apply(
    stub: pipeline_pb2_grpc.PipelineServiceStub, spec: PipelineSpec, wait_seconds: float
) -> None:
    """Apply it, and wait for a worker of it unless `wait_seconds` is 0."""
    request = pipeline_pb2.ApplyPipelineRequest(spec=pipeline_message.to_proto(spec))
    if wait_seconds:
        typer.echo("provisioning: the streams of the buffer are made", err=True)
    answer = stub.ApplyPipeline(request, timeout=CHANGE_SECONDS)
    applied = answer.pipeline
    typer.echo(f"pipeline {spec.name} is at revision {applied.revision}")
    if answer.notice:
        typer.echo(answer.notice)
    if wait_seconds:
        with conditions_told() as tell:
            found = wait_until_ready(stub, applied, wait_seconds, tell)
        typer.echo(f"{found.current_workers} of {found.wanted_workers} workers ready")
    elif applied.trouble:
        typer.echo(f"trouble: {applied.trouble}")


def _found(stub: pipeline_pb2_grpc.PipelineServiceStub, name: str) -> PipelineSpec | None:
    """The pipeline that has this name."""
    request = pipeline_pb2.GetPipelineRequest(name=name)
    try:
        answer = stub.GetPipeline(request, timeout=ANSWER_TIMEOUT_SECONDS)
    except grpc.RpcError as error:
        if isinstance(error, grpc.Call) and error.code() is grpc.StatusCode.NOT_FOUND:
            return None
        raise
    return pipeline_message.from_answer(answer.pipeline.spec)


def _is_plain(there: PipelineSpec, wanted: PipelineSpec) -> bool:
    """Whether it differs from `wanted` in the model's version alone."""
    stages = tuple(
        replace(stage, model_version=0, follows_promotions=False) for stage in there.stages
    )
    return replace(there, stages=stages) == wanted


@app.command()
def show(
    name: Annotated[str, typer.Argument(show_default=False)],
    *,
    events: Annotated[int, typer.Option(min=0, help="So many of the last day, the newest.")] = 20,
    graph: Annotated[bool, typer.Option("--graph", help="Its stages as a graph, alone.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Show a pipeline: its workers, what holds of it now, and what happened in the last day."""
    request = pipeline_pb2.GetPipelineRequest(name=name)
    with connect_master(master) as channel:
        stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
        found = stub.GetPipeline(request, timeout=ANSWER_TIMEOUT_SECONDS)
    if as_json:
        typer.echo(json.dumps(pipeline_to_json(found)))
        return
    if graph:
        print_view(graph_tree(pipeline_message.from_answer(found.pipeline.spec)))
        return
    for line in (*lines(found.pipeline), *condition_lines(found.pipeline.conditions)):
        typer.echo(line)
    if told := found.events[max(0, len(found.events) - events) :]:
        print_view(events_table(told))
    if more := len(found.events) - len(told):
        typer.echo(f"  and {more} earlier ones: --events {len(found.events)} shows all")


@app.command("list")
def list_pipelines(master: addresses.MasterAddress = addresses.MASTER) -> None:
    """List the pipelines, their stages and their ready workers."""
    with connect_master(master) as channel:
        answer = pipeline_pb2_grpc.PipelineServiceStub(channel).ListPipelines(
            pipeline_pb2.ListPipelinesRequest(), timeout=ANSWER_TIMEOUT_SECONDS
        )
    if answer.pipelines:
        print_view(table(answer.pipelines))
    else:
        typer.echo("no pipelines: `framemesh pipeline create NAME --model MODEL` makes one")


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
    with connect_master(master) as channel:
        answer = pipeline_pb2_grpc.PipelineServiceStub(channel).DeletePipeline(
            request, timeout=CHANGE_SECONDS
        )
    discarded = f", {answer.discarded} accepted frames discarded" if answer.discarded else ""
    typer.echo(f"pipeline {name} is deleted{discarded}")
