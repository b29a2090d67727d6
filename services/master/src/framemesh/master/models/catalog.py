"""The registered models: manifests in a key-value bucket, ONNX files in an object store."""

import asyncio
import hashlib
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from framemesh.core.documents.document import dump, read
from framemesh.core.errors import Code, FramemeshError
from framemesh.modeling.manifest import ModelManifest, ModelVersion
from framemesh.modeling.validation import validate_model
from framemesh.runtime.jetstream.api.errors import retryable
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.api.object_store import ObjectStore, object_stream
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.logs import get_logger

log = get_logger()

MANIFESTS = "framemesh-models"
FILES = "framemesh-model-files"
FILES_STREAM = object_stream(FILES)
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
        self._manifests = KeyValueBucket(broker, MANIFESTS)
        self._files = ObjectStore(broker, FILES, FILE_SECONDS)
        # Two registrations of one model must not both take the next version.
        self._registering = asyncio.Lock()

    async def create(self) -> None:
        """Make the buckets, unless they are there."""
        await self._manifests.create(MANIFEST_BYTES)
        await self._files.create()

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
        models = [await self._read(key) for key in await self._manifests.keys()]
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
        return await self._files.read(model.digest)

    async def _write(self, model: ModelVersion, content: bytes) -> None:
        key = f"{model.manifest.name}.{model.version}"
        # The file first: a manifest without a file would be a model that cannot be loaded.
        await self._files.put_once(model.digest, content)
        with retryable(f"cannot store model {key}"):
            await self._manifests.replace(key, json.dumps(dump(model)).encode(), revision=0)

    async def _read(self, key: str) -> ModelVersion:
        entry = await self._manifests.get(key)
        if entry is None:
            raise BrokerUnavailable(f"cannot read model {key}: it was removed meanwhile")
        return read(json.loads(entry.value or b"null"), ModelVersion, f"stored model {key}")


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
