"""The versions of models in a key-value bucket: what is known of each, but for its file."""

import json
from collections.abc import Collection, Sequence

from framemesh.core.documents.document import InvalidDocument, NewerDocument, dump, read_stored
from framemesh.core.errors import Code, FramemeshError
from framemesh.modeling.manifest import ModelVersion
from framemesh.runtime.jetstream.api.errors import retryable
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.connection.broker import BrokerUnavailable
from framemesh.runtime.logs import get_logger

log = get_logger()

BUCKET = "framemesh-models"
BUCKET_BYTES = 16 * 1024 * 1024

RESERVED = "="
"""Keys that begin so are of no version. No name begins so."""
USED = f"{RESERVED}used."
"""Before a model's name, the key of the highest number that its versions had."""


class ModelUnreadable(FramemeshError):
    """What is stored of a model is not what the master wrote."""

    code = Code.INVALID


class ModelNewer(ModelUnreadable):
    """A newer version of the master wrote the entry."""

    code = Code.CONFLICT


class ModelEntries:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, bucket: KeyValueBucket) -> None:
        self._bucket = bucket

    async def create(self) -> None:
        """Make the bucket, unless it is there."""
        await self._bucket.create(BUCKET_BYTES)

    async def all(self) -> list[ModelVersion]:
        """All that can be read, by name and version."""
        keys = [key for key in await self._bucket.keys() if not key.startswith(RESERVED)]
        found = [await self._readable(key) for key in keys]
        models = [model for model in found if model is not None]
        return sorted(models, key=lambda model: (model.manifest.name, model.version))

    async def named(self, digests: Collection[str]) -> set[str]:
        """Those of these files that an entry, readable or not, names."""
        keys = [key for key in await self._bucket.keys() if not key.startswith(RESERVED)]
        entries = [entry.value for key in keys if (entry := await self._bucket.get(key))]
        return {each for each in digests if any(each.encode() in value for value in entries)}

    async def versions(self, name: str) -> Sequence[int]:
        """The numbers of all versions of a model, whether they can be read or not, in order."""
        found = (key.rpartition(".") for key in await self._bucket.keys())
        return sorted(int(number) for of, _, number in found if of == name and number.isdecimal())

    async def highest_used(self, name: str) -> int:
        """The highest number that a version of a model has, or had; 0: there was none."""
        entry = await self._bucket.get(f"{USED}{name}")
        deleted = int(entry.value) if entry and entry.value.isdigit() else 0
        return max(deleted, *await self.versions(name), 0)

    async def get(self, name: str, version: int) -> ModelVersion:
        """A version that `versions` names.

        Raises:
            ModelUnreadable: what is stored there is no model.
        """
        return await self._read(_key(name, version))

    async def readable(self, name: str, version: int) -> ModelVersion | None:
        """The same; None in place of an error of the entry."""
        return await self._readable(_key(name, version))

    async def add(self, model: ModelVersion) -> None:
        """Store a version whose number nobody has."""
        key = _key(model.manifest.name, model.version)
        with retryable(f"cannot store model {key}"):
            await self._bucket.replace(key, json.dumps(dump(model)).encode(), revision=0)

    async def remove(self, name: str, version: int) -> None:
        """Remove a version; its number counts as used."""
        highest = await self.highest_used(name)
        with retryable(f"cannot delete model {name} {version}"):
            await self._bucket.put(f"{USED}{name}", str(highest).encode())
            await self._bucket.remove(_key(name, version))

    async def _readable(self, key: str) -> ModelVersion | None:
        try:
            return await self._read(key)
        except ModelUnreadable as error:
            log.error("stored model is unreadable", model=key, error=str(error))
            return None

    async def _read(self, key: str) -> ModelVersion:
        entry = await self._bucket.get(key)
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
