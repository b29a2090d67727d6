"""The registered models: manifests in a key-value bucket, ONNX files in an object store."""

import asyncio
import hashlib
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import nats.errors
import nats.js.errors
from nats.js.api import ObjectStoreConfig
from nats.js.kv import KeyValue
from nats.js.object_store import ObjectStore

from framemesh.core.documents.document import dump, read
from framemesh.core.errors import Code, FramemeshError
from framemesh.modeling.manifest import ModelManifest, ModelVersion
from framemesh.modeling.validation import validate_model
from framemesh.runtime.jetstream.api.buckets import bucket_keys, ensure_bucket, replicas_of
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.connection.cancellation import preserve_cancellation
from framemesh.runtime.logs import get_logger

log = get_logger()

MANIFESTS = "framemesh-models"
FILES = "framemesh-model-files"
FILES_STREAM = f"OBJ_{FILES}"
MANIFEST_BYTES = 16 * 1024 * 1024
MAX_FILE_BYTES = 1024**3
"""Of one ONNX file; it is in the master's memory while it is registered."""

FILE_SECONDS = 120.0
"""To write or read one: 1 GiB at 10 MB a second."""


class ModelUnknown(FramemeshError):
    """No such model, or no such version of it, is registered."""

    code = Code.NOT_FOUND


class ModelTooLarge(FramemeshError):
    """An ONNX file is over the limit."""

    code = Code.INVALID


class ModelCatalog:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        # Two registrations of one model must not both take the next version.
        self._registering = asyncio.Lock()

    async def create(self) -> None:
        """Make the buckets, unless they are there."""
        await ensure_bucket(self._broker, MANIFESTS, MANIFEST_BYTES)
        if await replicas_of(self._broker, FILES_STREAM):
            return
        try:
            with preserve_cancellation():
                await self._broker.jetstream.create_object_store(FILES, ObjectStoreConfig())
        except (nats.errors.Error, TimeoutError) as error:
            raise BrokerUnavailable(f"cannot make the bucket of models: {error}") from error

    async def register(self, manifest: ModelManifest, chunks: AsyncIterator[bytes]) -> ModelVersion:
        """Store a model under its next version; the same file and manifest keep their version.

        Raises:
            ModelInvalid, UnknownDecoder: file and manifest do not fit together.
            ModelTooLarge: the file is over MAX_FILE_BYTES.
        """
        content = await _joined(chunks)
        await asyncio.to_thread(_check, manifest, content)
        digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
        async with self._registering:
            versions = [m for m in await self.list() if m.manifest.name == manifest.name]
            for known in versions:
                if known.manifest == manifest and known.digest == digest:
                    return known
            number = 1 + max((m.version for m in versions), default=0)
            model = ModelVersion(manifest, number, len(content), digest)
            await self._write(model, content)
        log.info("model registered", model=manifest.name, version=number, bytes=len(content))
        return model

    async def list(self) -> list[ModelVersion]:
        """All versions of all models, by name and version."""
        keys = await bucket_keys(self._broker, MANIFESTS)
        try:
            with preserve_cancellation():
                bucket = await self._manifests()
        except (nats.errors.Error, TimeoutError) as error:
            raise BrokerUnavailable(f"cannot list the models: {error}") from error
        models = [await self._read(bucket, key) for key in keys]
        return sorted(models, key=lambda model: (model.manifest.name, model.version))

    async def find(self, name: str, version: int = 0) -> ModelVersion:
        """One version of a model; 0 is the newest.

        Raises:
            ModelUnknown: there is none.
        """
        known = [m for m in await self.list() if m.manifest.name == name]
        for model in reversed(known):
            if version in {0, model.version}:
                return model
        if known:
            raise ModelUnknown(
                f"model {name!r} has no version {version}, the newest is {known[-1].version}"
            )
        raise ModelUnknown(f"no model is named {name!r}: register it with `framemesh model add`")

    async def content(self, model: ModelVersion) -> bytes:
        """The ONNX file of a model."""
        try:
            # nats-py would wait for ever for what a broker that goes away owes it.
            with preserve_cancellation():
                async with asyncio.timeout(FILE_SECONDS):
                    found = await (await self._files()).get(model.digest)
        except (nats.errors.Error, TimeoutError) as error:
            raise BrokerUnavailable(
                f"cannot read the file of {model.manifest.name}: {error}"
            ) from error
        return found.data or b""

    async def _write(self, model: ModelVersion, content: bytes) -> None:
        key = f"{model.manifest.name}.{model.version}"
        try:
            # The file first: a manifest without a file would be a model that cannot be loaded.
            with preserve_cancellation():
                async with asyncio.timeout(FILE_SECONDS):
                    await _put_once(await self._files(), model.digest, content)
                await (await self._manifests()).create(key, json.dumps(dump(model)).encode())
        except (nats.errors.Error, TimeoutError) as error:
            raise BrokerUnavailable(f"cannot store model {key}: {error}") from error

    async def _read(self, bucket: KeyValue, key: str) -> ModelVersion:
        try:
            with preserve_cancellation():
                entry = await bucket.get(key)
        except (nats.errors.Error, TimeoutError) as error:
            raise BrokerUnavailable(f"cannot read model {key}: {error}") from error
        return read(json.loads(entry.value or b"null"), ModelVersion, f"stored model {key}")

    async def _manifests(self) -> KeyValue:
        return await self._broker.jetstream.key_value(MANIFESTS)

    async def _files(self) -> ObjectStore:
        return await self._broker.jetstream.object_store(FILES)


async def _put_once(files: ObjectStore, digest: str, content: bytes) -> None:
    """Put a file, unless it is there: putting it again would take it from whoever reads it."""
    try:
        await files.get_info(digest)
    except nats.js.errors.ObjectNotFoundError:
        await files.put(digest, content)


def _check(manifest: ModelManifest, content: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(content)
        file.flush()
        validate_model(manifest, Path(file.name))


async def _joined(chunks: AsyncIterator[bytes]) -> bytes:
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        if len(content) > MAX_FILE_BYTES:
            raise ModelTooLarge(f"the file is over {MAX_FILE_BYTES} bytes")
    return bytes(content)
