"""`framemesh model check` and `framemesh model submit`: files of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from framemesh.api.master.v1 import model_pb2, model_pb2_grpc
from framemesh.cli.common import addresses
from framemesh.cli.common.calls import connect_master
from framemesh.cli.common.files import write_bytes
from framemesh.cli.common.model_folder import ModelFolder
from framemesh.cli.inspection.inspect import inspect
from framemesh.cli.inspection.one_file import one_file, scratch_folder
from framemesh.cli.inspection.ready import (
    choice_of,
    described,
    recognised,
    served_manifest,
)
from framemesh.cli.inspection.report import commented_yaml, ran, report
from framemesh.cli.inspection.sight import seen
from framemesh.cli.submission.model_path import located
from framemesh.cli.submission.upload import announced, upload
from framemesh.cli.views.model import submitted
from framemesh.cli.views.upload import upload_view
from framemesh.modeling.recognition.preparation import PREPARATIONS
from framemesh.modeling.recognition.result import Recognised

ModelPath = Annotated[
    Path,
    typer.Argument(
        help="An ONNX file; a folder with one, or with a model.yaml that names it; or a .zip, .tar "
        "or .tar.gz of these.",
        show_default=False,
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
    with scratch_folder() as scratch:
        model = located(model, scratch)
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


def submit(
    model: ModelPath,
    *,
    name: Annotated[str, typer.Option(help="Of a file: what to call the model.")] = "",
    version: Annotated[
        int, typer.Option(min=0, help="The number that it is to have; 0: the next one.")
    ] = 0,
    image: Image = None,
    decoder: Decoder = "",
    output: Output = "",
    prepare: Prepare = "",
    labels: Labels = "",
    size: Size = "",
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Make a model's next version.

    Pipelines that name no version get it when they are next applied, or at once with `framemesh
    model promote`.
    """
    with scratch_folder() as scratch, connect_master(master) as channel:
        model = located(model, scratch)
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
        sent = _sent(model_pb2_grpc.ModelServiceStub(channel), found, version)
    for line in submitted(sent):
        typer.echo(line)


def _sent(
    stub: model_pb2_grpc.ModelServiceStub, model: ModelFolder, version: int
) -> model_pb2.Model:
    announcement = announced(model, version)
    with upload_view(model.manifest.name, announcement.size_bytes) as view:
        return upload(stub, announcement, model.file, view)
