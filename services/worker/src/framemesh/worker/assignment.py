"""What a worker runs: a pipeline at one revision, and the files of its models.

The pipeline comes from the store alone, which the master writes: specification, revision and
streams are those of one moment. Models never change; it does not matter when they are downloaded.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc
import grpc.aio

from framemesh.api.master.v1 import model_pb2, model_pb2_grpc
from framemesh.core.documents.document import read
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.pipeline.spec import StageSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.modeling.manifest import ModelManifest
from framemesh.runtime.connect_options import DEFAULT, ConnectOptions
from framemesh.runtime.jetstream.connection.broker import BrokerUnavailable
from framemesh.runtime.jetstream.pipeline_store import (
    PipelineStore,
    PipelineUnknown,
    StoredPipeline,
)
from framemesh.runtime.logs import get_logger
from framemesh.runtime.rpc.channel import channel

log = get_logger()

DOWNLOAD_TIMEOUT_SECONDS = 120.0
RETRY_SECONDS = 1.0


class AssignmentGone(FramemeshError):
    """The pipeline, or a model of it, is not there any more."""

    code = Code.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Assignment:
    """A pipeline at one revision, and its models by the name of their stage."""

    pipeline: StoredPipeline
    models: dict[str, LocalModel]


class AssignmentClient:
    """Reads the pipeline, and downloads its models from the master, for as long as it takes."""

    def __init__(
        self, store: PipelineStore, master: str, folder: Path, connect: ConnectOptions = DEFAULT
    ) -> None:
        """Models are stored below `folder`."""
        self._store = store
        self._master = master
        self._connect = connect
        self._folder = folder

    async def assignment(self, pipeline: str, revision: int) -> Assignment:
        """What the pipeline is at `revision`, or a newer one.

        Raises:
            AssignmentGone: the pipeline or one of its models does not exist.
        """
        while True:
            try:
                stored = await self._store.get(pipeline)
                if stored.revision >= revision:
                    return Assignment(stored, await self._models(stored.spec.stages))
                # As where a replica that has not heard of it answered.
                log.warning("pipeline is behind, will try again", revision=stored.revision)
            except PipelineUnknown as error:
                raise AssignmentGone(str(error)) from error
            except BrokerUnavailable as error:
                log.warning("broker does not answer, will try again", error=str(error))
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND:
                    raise AssignmentGone(str(error.details())) from error
                log.warning("master does not answer, will try again", error=error.details())
            await asyncio.sleep(RETRY_SECONDS)

    async def _models(self, stages: Sequence[StageSpec]) -> dict[str, LocalModel]:
        async with channel(self._master, self._connect) as master:
            return {stage.name: await self._download(master, stage) for stage in stages}

    async def _download(self, master: grpc.aio.Channel, stage: StageSpec) -> LocalModel:
        request = model_pb2.DownloadModelRequest(name=stage.model, version=stage.model_version)
        path = self._folder / stage.model / str(stage.model_version) / "model.onnx"
        manifest: ModelManifest | None = None
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        call = model_pb2_grpc.ModelServiceStub(master).DownloadModel(
            request, timeout=DOWNLOAD_TIMEOUT_SECONDS
        )
        with await asyncio.to_thread(path.open, "wb") as file:
            async for part in call:
                if part.WhichOneof("part") == "manifest":
                    document = json.loads(part.manifest)
                    manifest = read(document, ModelManifest, f"manifest of {stage.model}")
                else:
                    await asyncio.to_thread(file.write, part.chunk)
        if manifest is None:
            raise AssignmentGone(f"the master sent model {stage.model} without its manifest")
        return LocalModel(manifest, stage.model_version, path)
