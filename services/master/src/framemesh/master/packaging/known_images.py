"""The images that masters pushed: written down before each push, so that none is left for good."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Protocol

from pydantic import Field

from framemesh.core.documents.document import InvalidDocument, dump, read
from framemesh.runtime.jetstream.api.errors import retryable
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.logs import get_logger

log = get_logger()

BUCKET = "framemesh-images"
BUCKET_BYTES = 4 * 1024 * 1024
"""Some 8000 images of a few hundred bytes each."""

MAX_PIPELINES = 8
"""That an image names; they are told what becomes of it."""


@dataclass(frozen=True, slots=True)
class KnownImage:
    """An image that is in the registry, or was to be."""

    repository: str
    tag: str
    models: tuple[str, ...]
    """SHA-256 of the files in it, in hexadecimal."""
    pipelines: tuple[str, ...] = ()
    """For which it was built, the first ones."""
    revision: Annotated[int, Field(exclude=True)] = field(default=0, compare=False)
    """Of its entry in the bucket."""


class ImageRecord(Protocol):
    """Where images are written down: what KnownImages has for this."""

    async def note(self, image: KnownImage) -> None:
        """
        Raises:
            BrokerUnavailable: the broker does not take it now.
        """
        ...


class KnownImages:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, broker: Broker) -> None:
        self._bucket = KeyValueBucket(broker, BUCKET)

    async def create(self) -> None:
        """Make the bucket, unless it is there."""
        await self._bucket.create(BUCKET_BYTES)

    async def note(self, image: KnownImage) -> None:
        """Write an image down; again: in place of what is there."""
        with retryable(f"cannot write down image {image.tag}"):
            await self._bucket.put(image.tag, json.dumps(dump(image)).encode())

    async def all(self) -> list[KnownImage]:
        """All that can be read, by tag."""
        found = [await self._get(tag) for tag in await self._bucket.keys()]
        return [image for image in found if image is not None]

    async def forget(self, image: KnownImage) -> None:
        """It is not in the registry any more. What was written since it was read stays."""
        with retryable(f"cannot forget image {image.tag}"):
            await self._bucket.remove(image.tag, image.revision)

    async def _get(self, tag: str) -> KnownImage | None:
        entry = await self._bucket.get(tag)
        if entry is None:
            return None
        try:
            found = read(json.loads(entry.value), KnownImage, f"known image {tag}")
        except (ValueError, InvalidDocument) as error:
            log.error("a known image is unreadable: it is left as it is", error=str(error))
            return None
        return KnownImage(
            found.repository, found.tag, found.models, found.pipelines, revision=entry.revision
        )


def known_image(
    repository: str, tag: str, models: Iterable[str], pipelines: Iterable[str]
) -> KnownImage:
    """With as many pipelines as are kept."""
    named = tuple(sorted({*pipelines})[:MAX_PIPELINES])
    return KnownImage(repository, tag, tuple(sorted({*models})), named)
