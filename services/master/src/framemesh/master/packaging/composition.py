"""Which images the workers of a swarm run, as the settings say."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass

from framemesh.core.clock import SystemClock
from framemesh.master.fleet.swarm.image_source import ImageSource, OneImage
from framemesh.master.history.events import Events
from framemesh.master.models.catalog import ModelCatalog
from framemesh.master.models.transfers import Transfers
from framemesh.master.packaging.credentials import Credentials
from framemesh.master.packaging.http_client import HttpClient
from framemesh.master.packaging.image_builds import image_builds
from framemesh.master.packaging.image_removal import ImageRemoval
from framemesh.master.packaging.known_images import KnownImages
from framemesh.master.packaging.login import Login
from framemesh.master.packaging.packager import Packager
from framemesh.master.packaging.pipeline_images import PipelineImages
from framemesh.master.packaging.reference import ImageReference
from framemesh.master.packaging.registry import Registry
from framemesh.master.packaging.remembered_images import RememberedImages
from framemesh.master.settings import Settings
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.revision_store import RevisionStore
from framemesh.runtime.settings import BadSetting


@dataclass(frozen=True, slots=True)
class Images:
    """Where the images of workers come from, and who removes those that nobody needs."""

    source: ImageSource
    removal: ImageRemoval | None = None
    """None: none are made."""


@asynccontextmanager
async def worker_images(
    settings: Settings,
    nats: Broker,
    login: Login | None,
    events: Events,
    changed: asyncio.Event,
) -> AsyncIterator[Images]:
    """Images with models where there is a registry; else one image, whose workers download them.

    Args:
        changed: set when there is a new image.

    Raises:
        BadSetting: the image of the workers is not named.
    """
    base = _base(settings)
    if not settings.registry:
        yield Images(OneImage(str(base)))
        return
    clock = SystemClock()
    with closing(HttpClient()) as http:
        credentials = Credentials(http, settings.registry, login)

        def registry_of(repository: str) -> Registry:
            return Registry(http, settings.registry, repository, credentials)

        known, models, pipelines = (
            KnownImages(nats),
            ModelCatalog(nats, Transfers()),
            PipelineStore(nats),
        )
        packager = Packager(base, registry_of(base.name), clock)
        removal = ImageRemoval(
            images=known,
            models=models,
            pipelines=pipelines,
            registry_of=registry_of,
            events=events,
        )
        async with image_builds(packager, known, events, clock, changed) as builds:
            images = PipelineImages(pipelines, RevisionStore(nats), models, builds)
            yield Images(RememberedImages(images, clock), removal)


def _base(settings: Settings) -> ImageReference:
    if not settings.swarm_image:
        raise BadSetting(
            "FRAMEMESH_MASTER_SWARM_IMAGE: is missing; it is the image of the workers, as "
            "REGISTRY/NAME@sha256:DIGEST"
        )
    base = ImageReference.parse(settings.swarm_image)
    if not base.digest and not settings.registry:
        raise BadSetting(
            "FRAMEMESH_MASTER_SWARM_IMAGE: has a tag, for which each node may have another image; "
            "name it by its digest, or set FRAMEMESH_MASTER_REGISTRY"
        )
    return base
