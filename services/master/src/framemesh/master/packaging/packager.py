"""Makes the image of a set of models, unless the registry has it."""

import hashlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from framemesh.core.clock import Clock
from framemesh.master.packaging.errors import BaseImageUnknown
from framemesh.master.packaging.image_documents import (
    INDEXES,
    Blob,
    Document,
    platform_manifest,
    with_layers,
)
from framemesh.master.packaging.model_layer import LayerDigest, ModelLayer, digest_of
from framemesh.master.packaging.push import BlobPush, Pushed
from framemesh.master.packaging.reference import ImageReference
from framemesh.master.packaging.registry import Registry

LAYOUT = 1
"""Of what is in an image beside its base and its models; another one makes other images."""

MEGABYTE = 1_000_000


@dataclass(slots=True)
class Progress:
    """How far the image of some workers is."""

    doing: str = "begins to build the image of its workers"
    done_bytes: int = 0
    total_bytes: int = 0

    def __str__(self) -> str:
        if not self.total_bytes:
            return self.doing
        done, total = self.done_bytes / MEGABYTE, self.total_bytes / MEGABYTE
        percent = 100 * self.done_bytes // self.total_bytes
        return f"{self.doing}: {percent} %, {done:.1f} of {total:.1f} MB"

    def begin(self, doing: str, total_bytes: int) -> None:
        self.doing, self.done_bytes, self.total_bytes = doing, 0, total_bytes


class Packager:
    """The image of the workers with one layer for each model, in the repository of the base.

    The tag of an image is made of the digests of what it is made of, so what was built once, by
    whatever master, is found without reading a model. Same base and models, same digest.
    """

    def __init__(self, base: ImageReference, registry: Registry, clock: Clock) -> None:
        self._base = base
        self._registry = registry
        self._push = BlobPush(registry, clock)

    @property
    def repository(self) -> str:
        """In which the images are."""
        return self._base.name

    async def tag(self, layers: Sequence[ModelLayer]) -> str:
        """That of the image of these models.

        Raises:
            BaseImageUnknown, RegistryUnavailable, RegistryDenied: nobody can tell on which base.
        """
        return _tag(await self._base_digest(), _sorted(layers))

    async def find(self, layers: Sequence[ModelLayer]) -> ImageReference | None:
        """The image of these models, if it was built.

        Raises:
            RegistryUnavailable, RegistryDenied: as Registry.
        """
        digest = await self._registry.digest_of(await self.tag(layers))
        return None if digest is None else self._base.with_digest(digest)

    async def build(self, layers: Sequence[ModelLayer], progress: Progress) -> ImageReference:
        """Make the image of these models, and put into the registry what it lacks of it.

        Raises:
            BaseImageUnknown: there is no image of the workers to build on.
            RegistryUnavailable, RegistryDenied, RegistryFull: as Registry.
            FramemeshError: a model cannot be read.
        """
        ordered = _sorted(layers)
        base_digest = await self._base_digest()
        base, config = await self._base_documents(base_digest)
        described = [await self._layer(layer, progress) for layer in ordered]
        manifest, new_config = with_layers(base, config, described)
        await self._put(new_config)
        await self._registry.put_manifest(manifest, _tag(base_digest, ordered))
        return self._base.with_digest(manifest.digest)

    async def _base_digest(self) -> str:
        """
        Raises:
            BaseImageUnknown: its tag is not in the registry.
        """
        found = self._base.digest or await self._registry.digest_of(self._base.tag)
        if found is None:
            raise BaseImageUnknown(
                f"the registry has no image {self._base}: push the image of the workers, or "
                "correct FRAMEMESH_MASTER_SWARM_IMAGE"
            )
        return found

    async def _base_documents(self, digest: str) -> tuple[Document, Document]:
        found = await self._registry.manifest(digest)
        document = found.document()
        if found.media_type in INDEXES:
            found = await self._registry.manifest(platform_manifest(document))
            document = found.document()
        config = await self._registry.document(document["config"]["digest"])
        return {"mediaType": found.media_type, **document}, config

    async def _layer(self, layer: ModelLayer, progress: Progress) -> LayerDigest:
        def passed(count: int) -> None:
            progress.done_bytes += count

        def sent(count: int) -> None:
            progress.done_bytes = count

        progress.begin(f"reads {layer.name} for the image of its workers", layer.size_bytes)
        described = await digest_of(layer, passed)
        progress.begin(f"pushes {layer.name} to the registry", layer.size_bytes)
        await self._push.run(Pushed(described.digest, described.size_bytes, layer.read), sent)
        return described

    async def _put(self, blob: Blob) -> None:
        async def read(offset: int) -> AsyncGenerator[bytes, None]:
            yield blob.content[offset:]

        await self._push.run(Pushed(blob.digest, len(blob.content), read), _ignore)


def _tag(base: str, layers: Sequence[ModelLayer]) -> str:
    parts = [str(LAYOUT), base, *(layer.digest for layer in layers)]
    return f"models-{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:32]}"


def _sorted(layers: Sequence[ModelLayer]) -> list[ModelLayer]:
    """Each model once, in the order of their digests."""
    by_digest = {layer.digest: layer for layer in layers}
    return [by_digest[digest] for digest in sorted(by_digest)]


def _ignore(count: int) -> None:
    """Of a few kB no progress is told."""
