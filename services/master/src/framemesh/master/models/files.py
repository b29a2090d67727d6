"""The ONNX files of models in an object store, by digest: versions may share one."""

import asyncio
from collections.abc import AsyncIterator

from framemesh.core.errors import Code, FramemeshError
from framemesh.master.models.upload import Upload
from framemesh.runtime.jetstream.api.errors import InsufficientResources, StoreFailed
from framemesh.runtime.jetstream.api.object_store import ObjectStore, object_stream
from framemesh.runtime.jetstream.connection.broker import Broker

BUCKET = "framemesh-model-files"
STREAM = object_stream(BUCKET)


class NoRoomForModel(FramemeshError):
    """The broker does not take the file."""

    code = Code.EXHAUSTED


class ModelFiles:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, broker: Broker) -> None:
        self._store = ObjectStore(broker, BUCKET)

    async def create(self) -> None:
        """Make the store, unless it is there."""
        await self._store.create()

    async def has(self, digest: str) -> bool:
        """Whether all of a file is there."""
        return await self._store.has(digest)

    def read(self, digest: str) -> AsyncIterator[bytes]:
        """Its chunks, each read when the one before it was taken.

        Raises:
            MessageNotFound, ObjectDamaged: it, or a part of it, is gone.
        """
        return self._store.read(digest)

    async def store(self, model: str, upload: Upload) -> None:
        """Store the file of a model of this name unless it is there.

        Raises:
            NoRoomForModel: the broker does not take it.
        """
        if await self._store.has(upload.digest):
            return
        await asyncio.to_thread(upload.file.seek, 0)
        try:
            await self._store.write(upload.digest, upload.file)
        except (InsufficientResources, StoreFailed) as error:
            raise NoRoomForModel(
                f"the broker has no room for the {upload.size_bytes} bytes of model {model}: "
                f"{error.description}"
            ) from error

    async def delete(self, digest: str) -> None:
        """Remove a file; one that is not there is fine."""
        await self._store.delete(digest)
