"""The registered models: manifests in a key-value bucket, ONNX files in an object store."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from framemesh.core.documents.document import InvalidDocument, NewerDocument, dump, read_stored
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.pipeline.results import ResultBound
from framemesh.master.models.promotions import PromotionStore
from framemesh.master.models.transfers import Download, Transfers
from framemesh.master.models.upload import Upload
from framemesh.modeling.manifest import ModelManifest, ModelVersion
from framemesh.runtime.jetstream.api.errors import (
    InsufficientResources,
    MessageNotFound,
    StoreFailed,
    retryable,
)
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.api.object_store import ObjectStore, object_stream
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.logs import get_logger

log = get_logger()

MANIFESTS = "framemesh-models"
FILES = "framemesh-model-files"
FILES_STREAM = object_stream(FILES)
RESERVED = "="
"""Keys that begin so are of no version. No name begins so."""
USED = f"{RESERVED}used."
"""Before a model's name, the key of the highest number that its versions had."""

MANIFEST_BYTES = 16 * 1024 * 1024


class ModelUnknown(FramemeshError):
    """No such model, or no such version of it, is registered."""

    code = Code.NOT_FOUND


class ModelUnreadable(FramemeshError):
    """What is stored of a model is not what the master wrote."""

    code = Code.INVALID


class ModelNewer(ModelUnreadable):
    """A newer version of the master wrote the entry."""

    code = Code.CONFLICT


class VersionTaken(FramemeshError):
    """A version has another manifest or file than what is to be registered under its number."""

    code = Code.CONFLICT


class NoRoomForModel(FramemeshError):
    """The broker does not take the file."""

    code = Code.EXHAUSTED


class ModelCatalog:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, broker: Broker, transfers: Transfers) -> None:
        """`transfers` bounds how many files are on their way."""
        self._manifests = KeyValueBucket(broker, MANIFESTS)
        self._files = ObjectStore(broker, FILES)
        self.promotions = PromotionStore(self._manifests)
        self._transfers = transfers
        # Two registrations of one model must not both take the next version, nor two of one file
        # write it at once.
        self._registering = asyncio.Lock()

    async def create(self) -> None:
        """Make the buckets, unless they are there."""
        await self._manifests.create(MANIFEST_BYTES)
        await self._files.create()

    async def known(
        self, manifest: ModelManifest, digest: str, version: int
    ) -> ModelVersion | None:
        """The version that has this manifest and file; None: there is none, or the file is gone.

        Args:
            version: that it has to be; 0: any.

        Raises:
            VersionTaken: that one has another manifest or file, or was deleted.
        """
        found = await self._same(manifest, digest, version)
        return found if found is not None and await self._files.has(digest) else None

    async def has_file(self, digest: str) -> bool:
        """Whether a version has this file."""
        return await self._files.has(digest)

    def file(self, digest: str) -> AsyncIterator[bytes]:
        """Its chunks, each read when the one before it was taken."""
        return self._files.read(digest)

    async def register(
        self, manifest: ModelManifest, upload: Upload, result: ResultBound, version: int = 0
    ) -> ModelVersion:
        """Store a model that was validated; the same file and manifest keep their version.

        Args:
            version: the number that it is to have; 0: the next one.

        Raises:
            VersionTaken: another model has that number, or had it.
            NoRoomForModel: the broker does not take the file.
        """
        async with self._registering:
            known = await self._same(manifest, upload.digest, version)
            model = known or ModelVersion(
                manifest,
                version or 1 + max(await self._numbers_used(manifest.name), default=0),
                upload.size_bytes,
                upload.digest,
                result,
            )
            # The file first: a manifest without a file would be a model that cannot be loaded.
            await self._store_file(model, upload)
            if known is None:
                key = _key(manifest.name, model.version)
                with retryable(f"cannot store model {key}"):
                    await self._manifests.replace(key, json.dumps(dump(model)).encode(), revision=0)
                log.info("model registered", model=key, bytes=model.size_bytes)
            return model

    async def list(self) -> list[ModelVersion]:
        """All versions of all models that can be read, by name and version."""
        keys = [key for key in await self._manifests.keys() if not key.startswith(RESERVED)]
        found = [await self._readable(key) for key in keys]
        models = [model for model in found if model is not None]
        return sorted(models, key=lambda model: (model.manifest.name, model.version))

    async def find(self, name: str, version: int = 0) -> ModelVersion:
        """One version of a model; 0 is the current one. What is wrong with others does not matter.

        Raises:
            ModelUnknown: no such model is registered.
            ModelUnreadable: its entry was damaged.
        """
        versions = await self._versions(name)
        if not versions:
            raise ModelUnknown(
                f"no model is named {name!r}: register it with `framemesh model submit`"
            )
        newest = max(versions)
        if version and version not in versions:
            raise ModelUnknown(f"model {name!r} has no version {version}, the newest is {newest}")
        return await self._read(_key(name, version or await self._current(name, versions)))

    async def current(self, name: str) -> int:
        """The version that was promoted last, else the newest; 0: there is none."""
        return await self._current(name, await self._versions(name))

    async def is_promoted(self, name: str, version: int) -> bool:
        """Whether a version is current because it was promoted, and others are there."""
        promoted = (await self.promotions.get(name)).current
        return promoted == version and len(await self._versions(name)) > 1

    async def delete(self, name: str, version: int) -> ModelVersion:
        """Remove a version, and its file unless another version has the same; its number is never
        used again. Returns what it was.

        Raises:
            ModelUnknown, ModelUnreadable: as `find`.
        """
        async with self._registering:
            model = await self.find(name, version)
            highest = max(await self._numbers_used(name))
            with retryable(f"cannot delete model {name} {version}"):
                await self._manifests.put(f"{USED}{name}", str(highest).encode())
                # The manifest first: without a file it would be a model that cannot be loaded.
                await self._manifests.remove(_key(name, version))
            promotions = await self.promotions.get(name)
            if version in promotions.versions:
                await self.promotions.put(name, promotions.without(version))
            if not any(other.digest == model.digest for other in await self.list()):
                await self._files.delete(model.digest)
        log.info("model deleted", model=name, version=version)
        return model

    async def content(self, model: ModelVersion, worker: str = "") -> AsyncGenerator[bytes, None]:
        """The ONNX file of a model, in chunks; nothing is read ahead of who takes them.

        Args:
            worker: who asks, for `download_of`.

        Raises:
            ModelUnknown, ObjectDamaged: the file, or a part of it, is gone.
            TooManyTransfers: too many others are on their way.
        """
        with self._transfers.download(worker, model) as download:
            async with self._transfers.turn():
                download.started = True
                try:
                    async for chunk in self._files.read(model.digest):
                        yield chunk
                        download.sent_bytes += len(chunk)
                except MessageNotFound as error:
                    raise ModelUnknown(
                        f"the file of model {model.manifest.name} is gone: register it again"
                    ) from error

    def download_of(self, worker: str) -> Download | None:
        """What a worker waits for now."""
        return self._transfers.download_of(worker)

    async def _same(
        self, manifest: ModelManifest, digest: str, version: int
    ) -> ModelVersion | None:
        """The version with this manifest and file, which has to be `version` unless that is 0."""
        numbers = await self._versions(manifest.name)
        for number in numbers if not version else {version} & {*numbers}:
            found = await self._readable(_key(manifest.name, number))
            if found and found.manifest == manifest and found.digest == digest:
                return found
        highest = max(await self._numbers_used(manifest.name), default=0)
        if version and version <= highest:
            why = "is there with another file or manifest" if version in numbers else "was deleted"
            raise VersionTaken(
                f"version {version} of model {manifest.name!r} {why}: choose {highest + 1} or "
                "more, or let the master choose"
            )
        return None

    async def _current(self, name: str, versions: Sequence[int]) -> int:
        promoted = (await self.promotions.get(name)).current
        return promoted if promoted in versions else max(versions, default=0)

    async def _versions(self, name: str) -> Sequence[int]:
        """The numbers of all versions of a model, whether they can be read or not, in order."""
        found = (key.rpartition(".") for key in await self._manifests.keys())
        return sorted(int(number) for of, _, number in found if of == name and number.isdecimal())

    async def _numbers_used(self, name: str) -> Sequence[int]:
        """Those of all versions, and the highest that there was when one was deleted."""
        entry = await self._manifests.get(f"{USED}{name}")
        highest = int(entry.value) if entry and entry.value.isdigit() else 0
        return [highest, *await self._versions(name)]

    async def _store_file(self, model: ModelVersion, content: Upload) -> None:
        """Store the file unless it is there, under its digest: versions may share it."""
        if await self._files.has(model.digest):
            return
        await asyncio.to_thread(content.file.seek, 0)
        try:
            await self._files.write(model.digest, content.file)
        except (InsufficientResources, StoreFailed) as error:
            raise NoRoomForModel(
                f"the broker has no room for the {model.size_bytes} bytes of model "
                f"{model.manifest.name}: {error.description}"
            ) from error

    async def _readable(self, key: str) -> ModelVersion | None:
        try:
            return await self._read(key)
        except ModelUnreadable as error:
            log.error("stored model is unreadable", model=key, error=str(error))
            return None

    async def _read(self, key: str) -> ModelVersion:
        """
        Raises:
            ModelUnreadable: what is stored there is no model.
        """
        entry = await self._manifests.get(key)
        if entry is None:
            raise BrokerUnavailable(f"cannot read model {key}: it was removed meanwhile")
        try:
            return read_stored(entry.value, ModelVersion, f"the entry of model {key}")
        except NewerDocument as error:
            raise ModelNewer(str(error)) from error
        except InvalidDocument as error:
            raise ModelUnreadable(
                f"the entry of model {key} is damaged: submit the model again, which makes a new "
                f"version of it ({error})"
            ) from error


def _key(name: str, version: int) -> str:
    return f"{name}.{version}"
