"""What a worker is to run, as the master tells it: the pipeline, and the files of its models."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import grpc
import grpc.aio

from framemesh.api.master.v1 import model_pb2, model_pb2_grpc, pipeline_pb2, pipeline_pb2_grpc
from framemesh.core.documents.document import read
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.pipeline.spec import PipelineSpec, StageSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.modeling.manifest import ModelManifest
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import pipeline_message
from framemesh.runtime.rpc.channel import channel

log = get_logger()

CALL_TIMEOUT_SECONDS = 10.0
DOWNLOAD_TIMEOUT_SECONDS = 120.0
RETRY_SECONDS = 1.0


class AssignmentGone(FramemeshError):
    """The pipeline, or a model of it, is not there any more."""

    code = Code.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Assignment:
    """A pipeline, and the models of its stages by the name of the stage."""

    spec: PipelineSpec
    revision: int
    models: dict[str, LocalModel]


class AssignmentClient:
    """Asks the master, for as long as it takes to answer."""

    def __init__(self, master: str, folder: Path) -> None:
        """Models are stored below `folder`."""
        self._master = master
        self._folder = folder

    async def assignment(self, pipeline: str, revision: int) -> Assignment:
        """What the pipeline is at `revision`, or a newer one.

        Raises:
            AssignmentGone: the master does not know the pipeline or one of its models.
        """
        while True:
            try:
                async with channel(self._master) as master:
                    found = await self._ask(master, pipeline)
                if found.revision >= revision:
                    return found
                log.warning("master is behind, will try again", revision=found.revision)
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND:
                    raise AssignmentGone(str(error.details())) from error
                log.warning("master does not answer, will try again", error=error.details())
            await asyncio.sleep(RETRY_SECONDS)

    async def _ask(self, master: grpc.aio.Channel, pipeline: str) -> Assignment:
        request = pipeline_pb2.GetPipelineRequest(name=pipeline)
        stub = pipeline_pb2_grpc.PipelineServiceStub(master)
        found = (await stub.GetPipeline(request, timeout=CALL_TIMEOUT_SECONDS)).pipeline
        spec = pipeline_message.from_proto(found.spec)
        models = {stage.name: await self._download(master, stage) for stage in spec.stages}
        return Assignment(spec, found.revision, models)

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
