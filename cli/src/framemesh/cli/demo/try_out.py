"""`framemesh try`: boxes in the mesh that runs, with one command."""

from typing import Annotated

import grpc
import typer

from framemesh.api.master.v1 import model_pb2, model_pb2_grpc
from framemesh.cli.commands import model_submission, pipeline
from framemesh.cli.commands.sending import push
from framemesh.cli.common import addresses
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS, connect_master
from framemesh.cli.demo.artefacts import VIDEO_FPS
from framemesh.cli.demo.bundle import bundle

PIPELINE = "try"
"""A pipeline of its own: nobody's `street` is changed."""

MODEL = "person"
CAMERA = "street"
CAMERAS = 2


def try_out(
    *,
    fps: Annotated[float, typer.Option(min=0.1, help="Frames a second of each camera.")] = (
        VIDEO_FPS
    ),
    ingest: addresses.IngestAddress = addresses.INGEST,
    master: addresses.MasterAddress = addresses.MASTER,
) -> None:
    """Find people in a street, in the mesh that runs: push a clip as two cameras.

    Until Ctrl-C.
    """
    bundled = bundle()
    if not _has_model(master):
        model_submission.submit(bundled.model, master=master)
    pipeline.create(PIPELINE, model=MODEL, wait=True, master=master)
    typer.echo(
        f"{CAMERAS} cameras send a street until Ctrl-C: see them on the dashboard (`framemesh"
        f" status` tells its address), or with `framemesh watch {PIPELINE}`"
    )
    try:
        push.push(
            str(bundled.clip),
            pipeline=PIPELINE,
            camera=CAMERA,
            cameras=CAMERAS,
            fps=fps,
            loop=True,
            ingest=ingest,
        )
    finally:
        typer.echo(f"`framemesh pipeline delete {PIPELINE}` removes what is left of it")


def _has_model(master: str) -> bool:
    """Whether there is one of the name, whosever it is: it is not given another version."""
    request = model_pb2.GetModelRequest(name=MODEL)
    with connect_master(master) as channel:
        try:
            model_pb2_grpc.ModelServiceStub(channel).GetModel(
                request, timeout=ANSWER_TIMEOUT_SECONDS
            )
        except grpc.RpcError as error:
            if isinstance(error, grpc.Call) and error.code() == grpc.StatusCode.NOT_FOUND:
                return False
            raise
    return True
