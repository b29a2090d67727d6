"""Removes images from the registry whose models were deleted."""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Set
from typing import NoReturn, Protocol

from framemesh.core.errors import FramemeshError
from framemesh.master.history.events import EventKind, Events
from framemesh.master.packaging.build_events import short
from framemesh.master.packaging.errors import DeletionDisabled, RegistryDenied
from framemesh.master.packaging.known_images import KnownImage, KnownImages
from framemesh.master.packaging.registry import Registry
from framemesh.runtime.logs import get_logger

log = get_logger()

PERIOD_SECONDS = 60.0
"""Between two looks when no version of a model was deleted: what an earlier leader left, or a
registry that was away."""

REFUSED_SECONDS = 3600.0
"""Before a registry that deletes nothing is asked again: somebody has to change its settings."""


class Leadership(Protocol):
    """The right to remove: what Lease has for this."""

    @property
    def certain(self) -> bool: ...


class Models(Protocol):
    """Which files there are: what ModelCatalog has for this."""

    async def named_files(self, digests: Collection[str]) -> Set[str]:
        """Those of these files that a version of a model has."""
        ...


class Pipelines(Protocol):
    """Which pipelines there are: what PipelineStore has for this."""

    async def names(self) -> list[str]: ...


class ImageRemoval:
    """An image goes when one of its models is no version's file any more: no pipeline can ask for
    it again. What is to be done is found out anew in every round, so whoever leads goes on where
    another was killed; removing twice is no error."""

    def __init__(
        self,
        *,
        images: KnownImages,
        models: Models,
        pipelines: Pipelines,
        registry_of: Callable[[str], Registry],
        events: Events,
    ) -> None:
        """`registry_of`: by the repository of an image."""
        self._images = images
        self._models = models
        self._pipelines = pipelines
        self._registry_of = registry_of
        self._events = events
        self.model_deleted = asyncio.Event()
        """To be set when a version of a model was deleted, for a round at once."""

    async def run(self, leadership: Leadership) -> NoReturn:
        """Remove what no model needs, until cancelled."""
        while True:
            self.model_deleted.clear()
            pause = PERIOD_SECONDS
            try:
                await self.remove_unneeded(leadership)
            except (DeletionDisabled, RegistryDenied) as error:
                log.warning("images are left in the registry", why=str(error))
                pause = REFUSED_SECONDS
            except FramemeshError as error:
                log.warning("cannot remove images, will try again", error=str(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self.model_deleted.wait()

    async def remove_unneeded(self, leadership: Leadership) -> None:
        """One round.

        Raises:
            DeletionDisabled, RegistryDenied: the registry removes nothing; the pipelines for which
                the image was built are told.
            FramemeshError: the broker or the registry does not answer.
        """
        # The images first: one that is built meanwhile has a model that is still there.
        images = await self._images.all()
        there = await self._models.named_files({each for image in images for each in image.models})
        for image in images:
            # This process may have been suspended for as long as another one needs to lead.
            if not there >= {*image.models} and leadership.certain:
                await self._remove(image)

    async def _remove(self, image: KnownImage) -> None:
        registry = self._registry_of(image.repository)
        digest = await registry.digest_of(image.tag)
        if digest is not None:
            try:
                await registry.delete_manifest(digest)
            except (DeletionDisabled, RegistryDenied) as error:
                await self._tell(image, digest, error)
                raise
            log.info("image removed", image=f"{image.repository}@{digest}")
        await self._images.forget(image)

    async def _tell(self, image: KnownImage, digest: str, why: FramemeshError) -> None:
        # A pipeline that is gone has no events any more.
        for pipeline in sorted({*image.pipelines} & {*await self._pipelines.names()}):
            message = f"{short(digest)}, whose model was deleted, stays in the registry: {why}"
            self._events.record(pipeline, EventKind.IMAGE_LEFT, message)
