"""Builds images in the background, for those who ask again and again until one is there."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.master.history.events import Events
from framemesh.master.packaging.build_events import PipelineRevision, record_built, record_failed
from framemesh.master.packaging.errors import ImageNotReady
from framemesh.master.packaging.known_images import ImageRecord, known_image
from framemesh.master.packaging.model_layer import ModelLayer
from framemesh.master.packaging.packager import Progress
from framemesh.master.packaging.reference import ImageReference
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.concurrency.task_group import TaskGroup

MAX_BUILDS = 4
"""At a time: each reads a model from the broker and sends it to the registry."""

RETRY_SECONDS = 5.0
"""After a build that failed; until then whoever asks is told why it did."""

MAX_ENDED = 1024
"""Builds that ended and of which nobody has asked what became of them."""


@dataclass(slots=True)
class _Build:
    asked_by: set[PipelineRevision]
    progress: Progress = field(default_factory=Progress)
    error: FramemeshError | None = None
    ended_at: float | None = None


class Builder(Protocol):
    """What Packager does for this."""

    @property
    def repository(self) -> str: ...

    async def tag(self, layers: Sequence[ModelLayer]) -> str: ...

    async def find(self, layers: Sequence[ModelLayer]) -> ImageReference | None: ...

    async def build(self, layers: Sequence[ModelLayer], progress: Progress) -> ImageReference: ...


class ImageBuilds:
    """What is built and what is not is for the registry to say; a build that is lost with its
    master is begun again by the next one."""

    def __init__(
        self,
        packager: Builder,
        record: ImageRecord,
        events: Events,
        clock: Clock,
        ended: asyncio.Event,
    ) -> None:
        """`ended` is set after every build, for those who wait to ask again."""
        self._ended = ended
        self._packager = packager
        self._record = record
        self._events = events
        self._clock = clock
        self._asked: asyncio.Queue[tuple[_Build, Sequence[ModelLayer]]] = asyncio.Queue(MAX_BUILDS)
        self._builds: dict[str, _Build] = {}

    async def run(self) -> NoReturn:
        """Build what is asked for, until cancelled."""
        async with TaskGroup() as tasks:
            while True:
                build, layers = await self._asked.get()
                tasks.create_task(self._run(build, layers))

    async def image(self, layers: Sequence[ModelLayer], asker: PipelineRevision) -> str:
        """The image of these models, by digest; it is built unless it is there.

        Args:
            asker: whose workers need it. What becomes of a build is an event of its pipeline.

        Raises:
            ImageNotReady: not yet.
            FramemeshError: why the last build failed, or why the registry cannot tell.
        """
        key = " ".join(sorted({layer.digest for layer in layers}))
        image = await self._packager.find(layers)
        if image is None:
            raise self._not_ready(key, layers, asker)
        self._builds.pop(key, None)
        return str(image)

    def _not_ready(
        self, key: str, layers: Sequence[ModelLayer], asker: PipelineRevision
    ) -> FramemeshError:
        build = self._builds.get(key)
        if build is not None and build.ended_at is not None:
            if build.error and self._clock.monotonic() - build.ended_at < RETRY_SECONDS:
                return build.error
            build = None
        if build is None:
            running = sum(each.ended_at is None for each in self._builds.values())
            if running >= MAX_BUILDS:
                return ImageNotReady(f"waits for {running} other images that are built")
            build = self._builds[key] = _Build({asker})
            self._asked.put_nowait((build, layers))
        build.asked_by.add(asker)
        return ImageNotReady(str(build.progress))

    async def _run(self, build: _Build, layers: Sequence[ModelLayer]) -> None:
        begun = self._clock.monotonic()
        try:
            tag = await self._packager.tag(layers)
            await self._note(tag, build, layers)
            image = await self._packager.build(layers, build.progress)
            # Whoever removes images may have looked for it before it was there.
            await self._note(tag, build, layers)
            seconds = self._clock.monotonic() - begun
            record_built(self._events, build.asked_by, layers, image, seconds)
        except FramemeshError as error:
            record_failed(self._events, build.asked_by, layers, error)
            build.error = error
        finally:
            build.ended_at = self._clock.monotonic()
            self._forget_ended()
            self._ended.set()

    async def _note(self, tag: str, build: _Build, layers: Sequence[ModelLayer]) -> None:
        models = (layer.digest for layer in layers)
        pipelines = (asker.pipeline for asker in build.asked_by)
        await self._record.note(known_image(self._packager.repository, tag, models, pipelines))

    def _forget_ended(self) -> None:
        """Of those whose pipelines nobody asks for any more, the oldest."""
        ended = [key for key, each in self._builds.items() if each.ended_at is not None]
        for key in ended[:-MAX_ENDED]:
            del self._builds[key]


@asynccontextmanager
async def image_builds(
    packager: Builder, record: ImageRecord, events: Events, clock: Clock, ended: asyncio.Event
) -> AsyncIterator[ImageBuilds]:
    """Builds that run when the context ends are cancelled: nothing half done is used by anybody."""
    builds = ImageBuilds(packager, record, events, clock, ended)
    async with background_task(builds.run()):
        yield builds
