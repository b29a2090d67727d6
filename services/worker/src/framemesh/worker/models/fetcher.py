"""The models of a pipeline, wherever their files come from."""

import json
from collections.abc import Sequence

import grpc.aio

from framemesh.api.master.v1 import model_pb2, model_pb2_grpc
from framemesh.core.documents.document import read
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.modeling.manifest import ModelVersion
from framemesh.modeling.source import ModelSource
from framemesh.runtime.connect_options import DEFAULT, ConnectOptions
from framemesh.runtime.rpc.channel import leader_channel
from framemesh.worker.models.cache import ModelCache
from framemesh.worker.models.master_source import MasterSource

MODEL_SERVICE = model_pb2.DESCRIPTOR.services_by_name["ModelService"].full_name

CALL_TIMEOUT_SECONDS = 10.0


class ModelFileMissing(FramemeshError):
    """No source has the file of a model."""

    code = Code.NOT_FOUND


class ModelFetcher:
    """Asks the master for manifests and digests, and the sources for the files."""

    def __init__(
        self,
        master: str,
        worker: str,
        cache: ModelCache,
        sources: Sequence[ModelSource] = (),
        connect: ConnectOptions = DEFAULT,
    ) -> None:
        """
        Args:
            master: host:port; of several with commas.
            worker: the name of this worker, which the master shows while it downloads.
            cache: for what is downloaded from the master.
            sources: where files are looked for before they are downloaded.
        """
        self._master = master
        self._worker = worker
        self._cache = cache
        self._sources = sources
        self._connect = connect

    async def fetch(self, stages: Sequence[StageSpec]) -> dict[str, LocalModel]:
        """The models by the name of their stage.

        Raises:
            AioRpcError: the master does not know a model, or is away.
            DownloadStalled, ModelDamaged: try again.
            CacheUnusable: there is no room for a model.
        """
        async with leader_channel(self._master, MODEL_SERVICE, self._connect) as master:
            sources = (*self._sources, MasterSource(master, self._cache, self._worker))
            return {
                stage.name: await _first(sources, await _version(master, stage)) for stage in stages
            }


async def _first(sources: Sequence[ModelSource], model: ModelVersion) -> LocalModel:
    for source in sources:
        if (found := await source.fetch(model)) is not None:
            return found
    raise ModelFileMissing(f"no source has the file of model {model.manifest.name}")


async def _version(master: grpc.aio.Channel, stage: StageSpec) -> ModelVersion:
    request = model_pb2.GetModelRequest(name=stage.model, version=stage.model_version)
    stub = model_pb2_grpc.ModelServiceStub(master)
    answer = await stub.GetModel(request, timeout=CALL_TIMEOUT_SECONDS)
    document = {
        "manifest": json.loads(answer.manifest),
        "version": answer.model.version,
        "size_bytes": answer.model.size_bytes,
        "digest": answer.model.digest,
    }
    return read(document, ModelVersion, f"model {stage.model} of the master")
