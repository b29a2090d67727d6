"""`framemesh model ...`: what pipelines may name."""

import json
from typing import Annotated

import typer

from framemesh.api.master.v1 import model_pb2, model_pb2_grpc
from framemesh.cli.commands.model_submission import check, submit
from framemesh.cli.common import addresses
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS, CHANGE_SECONDS, connect_master
from framemesh.cli.common.console import print_view
from framemesh.cli.common.failures import ErrorReportingGroup
from framemesh.cli.common.message_json import message_to_json
from framemesh.cli.views.model import details, promoted, table

app = typer.Typer(
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    add_completion=False,
    help="Check, submit, promote, list, show and delete models.",
)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]

app.command()(check)
app.command()(submit)


@app.command("list")
def list_models(
    *, as_json: AsJson = False, master: addresses.MasterAddress = addresses.MASTER
) -> None:
    """List the registered models."""
    with connect_master(master) as channel:
        answer = model_pb2_grpc.ModelServiceStub(channel).ListModels(
            model_pb2.ListModelsRequest(), timeout=ANSWER_TIMEOUT_SECONDS
        )
    if as_json:
        typer.echo(json.dumps({"models": list(map(message_to_json, answer.models))}))
    elif answer.models:
        print_view(table(answer.models))
    else:
        typer.echo("no models: `framemesh model submit` makes one")


@app.command()
def show(
    name: Annotated[str, typer.Argument(show_default=False)],
    *,
    version: Annotated[int, typer.Option(min=0, help="0: the current one.")] = 0,
    as_json: AsJson = False,
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Show a version of a model, its labels, and the pipelines that use it."""
    with connect_master(master) as channel:
        answer = model_pb2_grpc.ModelServiceStub(channel).GetModel(
            model_pb2.GetModelRequest(name=name, version=version), timeout=ANSWER_TIMEOUT_SECONDS
        )
    if as_json:
        typer.echo(json.dumps({**message_to_json(answer), "manifest": json.loads(answer.manifest)}))
        return
    for line in details(answer):
        typer.echo(line)


@app.command()
def promote(
    name: Annotated[str, typer.Argument(show_default=False)],
    version: Annotated[int, typer.Argument(min=1, show_default=False)],
    *,
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Make a version the current one, and change the pipelines that name none to it."""
    with connect_master(master) as channel:
        answer = model_pb2_grpc.ModelServiceStub(channel).PromoteModel(
            model_pb2.PromoteModelRequest(name=name, version=version), timeout=CHANGE_SECONDS
        )
    for line in promoted(answer.promotion):
        typer.echo(line)


@app.command()
def rollback(
    name: Annotated[str, typer.Argument(show_default=False)],
    *,
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Promote what was current before the last promotion."""
    with connect_master(master) as channel:
        answer = model_pb2_grpc.ModelServiceStub(channel).RollBackModel(
            model_pb2.RollBackModelRequest(name=name), timeout=CHANGE_SECONDS
        )
    for line in promoted(answer.promotion):
        typer.echo(line)


@app.command()
def delete(
    name: Annotated[str, typer.Argument(show_default=False)],
    *,
    version: Annotated[int, typer.Option(min=1, help="Which one.", show_default=False)],
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Delete a version of a model that no pipeline uses."""
    with connect_master(master) as channel:
        model_pb2_grpc.ModelServiceStub(channel).DeleteModel(
            model_pb2.DeleteModelRequest(name=name, version=version), timeout=CHANGE_SECONDS
        )
    typer.echo(f"version {version} of model {name} is deleted")
