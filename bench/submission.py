"""Submits a model past the command line, which would run it first."""

import asyncio
from pathlib import Path

import grpc

from framemesh.api.master.v1 import model_pb2, model_pb2_grpc
from framemesh.cli.common.model_folder import ModelFolder
from framemesh.cli.submission.upload import announced, upload


class _Unwatched:
    def has(self, received_bytes: int) -> None:
        """Nobody looks."""

    def interrupted(self, received_bytes: int) -> None:
        """Nobody looks."""


async def submit(master: str, model: ModelFolder) -> model_pb2.Model:
    """Send a model to host:port; returns the version that it is."""
    return await asyncio.to_thread(_submit, master, model, model.file)


def _submit(master: str, model: ModelFolder, file: Path) -> model_pb2.Model:
    with grpc.insecure_channel(master) as channel:
        stub = model_pb2_grpc.ModelServiceStub(channel)
        return upload(stub, announced(model), file, _Unwatched())
