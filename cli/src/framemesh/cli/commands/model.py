"""`framemesh model ...`: what pipelines may name."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table

from framemesh.api.master.v1 import model_pb2, model_pb2_grpc
from framemesh.cli.common import addresses
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS, CHANGE_SECONDS, connect_master
from framemesh.cli.common.failures import ErrorReportingGroup
from framemesh.cli.common.files import write_bytes
from framemesh.cli.common.model_folder import ModelFolder
from framemesh.cli.inspection.inspect import inspect
from framemesh.cli.inspection.one_file import one_file, scratch_folder
from framemesh.cli.inspection.ready import (
    choice_of,
    described,
    model_file,
    recognised,
    served_manifest,
)
from framemesh.cli.inspection.report import commented_yaml, ran, report
from framemesh.cli.inspection.sight import seen
from framemesh.cli.views.model import details
from framemesh.core.documents.document import dump
from framemesh.modeling.recognition.preparation import PREPARATIONS
from framemesh.modeling.recognition.result import Recognised

CHUNK_BYTES = 1024 * 1024
"""The most that the master takes in one message."""

TRANSFER_SECONDS = 2400.0
"""For a registration: the master gives each 1800 s, after 300 s of waiting at most."""

app = typer.Typer(
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    add_completion=False,
    help="Check, register, list, show and delete models.",
)


ModelPath = Annotated[
    Path,
    typer.Argument(
        help="An ONNX file, or a folder with a model.yaml and its ONNX file.", show_default=False
    ),
]
Decoder = Annotated[str, typer.Option(help="Of a file: the decoder, where it cannot be told.")]
Output = Annotated[str, typer.Option(help="Of a file with several heads: the output that is read.")]
Prepare = Annotated[
    str, typer.Option(help=f"Of a file: how it takes pixels: {', '.join(PREPARATIONS)}.")
]
Labels = Annotated[
    str, typer.Option(help="Of a file: one label a line; or `coco`, `coco-90`, `imagenet`.")
]
Size = Annotated[
    str, typer.Option(help="Of a file with open dimensions: WIDTHxHEIGHT of its input.")
]
Image = Annotated[
    Path | None, typer.Option(help="To try the model on, in place of a frame of the bundled clip.")
]


@app.command()
def check(
    model: ModelPath,
    *,
    image: Image = None,
    decoder: Decoder = "",
    output: Output = "",
    prepare: Prepare = "",
    labels: Labels = "",
    size: Size = "",
    save: Annotated[
        Path | None, typer.Option(help="Where to draw what it sees on the image: a .jpg or .png.")
    ] = None,
    write: Annotated[
        Path | None, typer.Option(help="Of a file: where to write the model.yaml for it.")
    ] = None,
) -> None:
    """Say what a model is and how that is known, and run it once; nothing is registered."""
    model = model_file(model)
    with scratch_folder() as scratch:
        if model.is_dir():
            found, inference, not_run = described(model, image, scratch)
            typer.echo(f"model {found.manifest.name} ({found.file.name}) fits its model.yaml")
            typer.echo(ran(inference, not_run))
            for line in seen(found.file, found.manifest, image, save):
                typer.echo(line)
            return
        choice = choice_of(
            model,
            name="",
            decoder=decoder,
            output=output,
            prepare=prepare,
            labels=labels,
            size=size,
        )
        file = one_file(model, scratch)
        inspection = inspect(file, choice, image)
        for line in report(inspection):
            typer.echo(line)
        if write is not None and isinstance(inspection.result, Recognised):
            text = "\n".join(commented_yaml(inspection.result.draft)) + "\n"
            write_bytes(write, text.encode())
        manifest = served_manifest(inspection)
        if manifest is None:
            raise typer.Exit(1)
        for line in ("", *seen(file, manifest, image, save)):
            typer.echo(line)


@app.command()
def add(
    model: ModelPath,
    *,
    name: Annotated[str, typer.Option(help="Of a file: what to call the model.")] = "",
    image: Image = None,
    decoder: Decoder = "",
    output: Output = "",
    prepare: Prepare = "",
    labels: Labels = "",
    size: Size = "",
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Register a model; pipelines that ask for the newest get it when they are next applied."""
    model = model_file(model)
    with scratch_folder() as scratch, connect_master(master) as channel:
        if model.is_dir():
            found, _, _ = described(model, image, scratch)
        else:
            choice = choice_of(
                model,
                name=name,
                decoder=decoder,
                output=output,
                prepare=prepare,
                labels=labels,
                size=size,
            )
            found = recognised(one_file(model, scratch), choice, image)
        answer = model_pb2_grpc.ModelServiceStub(channel).RegisterModel(
            registration(found), timeout=TRANSFER_SECONDS
        )
    added = answer.model
    typer.echo(f"model {added.name} is at version {added.version} ({decimal(added.size_bytes)})")


@app.command("list")
def list_models(master: addresses.MasterAddress = addresses.MASTER) -> None:
    """List the registered models."""
    with connect_master(master) as channel:
        answer = model_pb2_grpc.ModelServiceStub(channel).ListModels(
            model_pb2.ListModelsRequest(), timeout=ANSWER_TIMEOUT_SECONDS
        )
    table = Table("model", "version", "decoder", "size", "description", box=None)
    for model in answer.models:
        size = decimal(model.size_bytes)
        table.add_row(
            model.name, str(model.version), model.decoder, size, escape(model.description)
        )
    Console().print(table)


@app.command()
def show(
    name: Annotated[str, typer.Argument(show_default=False)],
    *,
    version: Annotated[int, typer.Option(min=0, help="0: the newest.")] = 0,
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Show a version of a model, its labels, and the pipelines that use it."""
    with connect_master(master) as channel:
        answer = model_pb2_grpc.ModelServiceStub(channel).GetModel(
            model_pb2.GetModelRequest(name=name, version=version), timeout=ANSWER_TIMEOUT_SECONDS
        )
    for line in details(answer):
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


def registration(model: ModelFolder) -> Iterator[model_pb2.RegisterModelRequest]:
    """The messages that register a model: its manifest, then its file."""
    yield model_pb2.RegisterModelRequest(manifest=json.dumps(dump(model.manifest)))
    with model.file.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield model_pb2.RegisterModelRequest(chunk=chunk)
