"""Files of models from the master, through the cache of this node."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, BinaryIO

import grpc.aio

from framemesh.api.master.v1 import model_pb2, model_pb2_grpc
from framemesh.core.errors import Code, FramemeshError
from framemesh.modeling.local_model import LocalModel
from framemesh.modeling.manifest import ModelVersion
from framemesh.runtime.logs import get_logger
from framemesh.worker.models.cache import ModelCache, ModelDamaged

log = get_logger()

TURN_SECONDS = 330.0
"""Until the first chunk: the master lets a few transfers run, and the others wait up to 300 s."""

IDLE_SECONDS = 30.0
"""Between two chunks, of 1 MiB at most."""


class DownloadStalled(FramemeshError):
    """The master stopped sending."""

    code = Code.UNAVAILABLE


class MasterSource:
    """Downloads what the cache lacks."""

    def __init__(self, master: grpc.aio.Channel, cache: ModelCache, worker: str) -> None:
        """
        Args:
            worker: the name under which the master shows who waits.
        """
        self._stub = model_pb2_grpc.ModelServiceStub(master)
        self._cache = cache
        self._worker = worker

    async def fetch(self, model: ModelVersion) -> LocalModel | None:
        """As ModelSource; the master has every model that it knows.

        Raises:
            AioRpcError: the master refuses, or is away.
            DownloadStalled, ModelDamaged: try again.
            CacheUnusable: there is no room for it.
        """

        async def download(file: BinaryIO) -> None:
            await self._download(model, file)

        path = await self._cache.fetch(model, download)
        return LocalModel(model.manifest, model.version, path)

    async def _download(self, model: ModelVersion, file: BinaryIO) -> None:
        name = model.manifest.name
        log.info("model is downloaded", model=name, version=model.version, bytes=model.size_bytes)
        call = self._stub.DownloadModel(
            model_pb2.DownloadModelRequest(name=name, version=model.version, worker=self._worker)
        )
        try:
            written = 0
            async for chunk in _chunks(call, model):
                written += len(chunk)
                if written > model.size_bytes:
                    raise ModelDamaged(f"the master sends more of model {name} than it announced")
                await asyncio.to_thread(file.write, chunk)
        finally:
            call.cancel()


async def _chunks(call: Any, model: ModelVersion) -> AsyncIterator[bytes]:
    seconds = TURN_SECONDS
    while True:
        try:
            async with asyncio.timeout(seconds):
                part = await call.read()
        except TimeoutError as error:
            raise DownloadStalled(
                f"the master sent nothing of model {model.manifest.name} for {seconds:g} s"
            ) from error
        if part is grpc.aio.EOF:
            return
        if part.WhichOneof("part") == "chunk":
            seconds = IDLE_SECONDS
            yield part.chunk
        elif part.model.digest != model.digest:
            raise ModelDamaged(f"the master has another file of model {model.manifest.name} now")
