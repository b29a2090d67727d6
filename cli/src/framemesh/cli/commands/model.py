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
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS, connect
from framemesh.cli.common.failures import ErrorReportingGroup
from framemesh.cli.common.model_folder import ModelFolder, read_model_folder
from framemesh.core.documents.document import dump
from framemesh.modeling.validation import validate_model

CHUNK_BYTES = 1024 * 1024
"""The most that the master takes in one message."""

TRANSFER_SECONDS = 2400.0
"""For a registration: the master gives each 1800 s, after 300 s of waiting at most."""

app = typer.Typer(
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    add_completion=False,
    help="Register and list models.",
)


@app.command()
def add(
    folder: Annotated[
        Path, typer.Argument(help="With a model.yaml and its ONNX file.", show_default=False)
    ],
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Register a model; pipelines that ask for the newest get it when they are next applied."""
    found = read_model_folder(folder)
    # The master would say the same, but only once it has the whole file.
    validate_model(found.manifest, found.file)
    requests = registration(found)
    with connect(master) as channel:
        answer = model_pb2_grpc.ModelServiceStub(channel).RegisterModel(
            requests, timeout=TRANSFER_SECONDS
        )
    model = answer.model
    typer.echo(f"model {model.name} is at version {model.version} ({decimal(model.size_bytes)})")


@app.command("list")
def list_models(master: addresses.MasterAddress = addresses.MASTER) -> None:
    """List the registered models."""
    with connect(master) as channel:
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


def registration(model: ModelFolder) -> Iterator[model_pb2.RegisterModelRequest]:
    """The messages that register a model: its manifest, then its file."""
    yield model_pb2.RegisterModelRequest(manifest=json.dumps(dump(model.manifest)))
    with model.file.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield model_pb2.RegisterModelRequest(chunk=chunk)
