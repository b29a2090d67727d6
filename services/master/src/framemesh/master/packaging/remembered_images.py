"""Images that were found a moment ago: a round of the reconciler asks for all of them."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from framemesh.core.clock import Clock
from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet.swarm.image_source import ImageSource
from framemesh.master.packaging.errors import RegistryUnavailable

REMEMBERED_SECONDS = 60.0
"""For how long an image that was found counts as there: somebody may remove it."""

MAX_REMEMBERED = 1024

ASK_SECONDS = 5.0
"""For one question. Some requests to the broker and the registry, each of some ms."""

SILENT_SECONDS = 10.0
"""Until a registry that did not answer is asked again: the other pipelines do not wait for it."""


_Key = tuple[str, int, WorkerRole]


@dataclass(frozen=True, slots=True)
class _Found:
    image: str
    at: float


class RememberedImages:
    """An ImageSource that asks another one now and then."""

    def __init__(self, source: ImageSource, clock: Clock, ask_seconds: float = ASK_SECONDS) -> None:
        self._source = source
        self._clock = clock
        self._ask_seconds = ask_seconds
        self._found: OrderedDict[_Key, _Found] = OrderedDict()
        self._silent_until = 0.0

    async def image(
        self, pipeline: str, revision: int, role: WorkerRole = WorkerRole.WORKER
    ) -> str:
        """As ImageSource, within `ask_seconds`.

        While the registry is away, what was found is told all the same: nodes that have an image
        need no registry.
        """
        key = (pipeline, revision, role)
        found = self._found.get(key)
        if found is not None and self._clock.monotonic() - found.at < REMEMBERED_SECONDS:
            return found.image
        try:
            image = await self._ask(*key)
        except RegistryUnavailable:
            if found is None:
                raise
            return found.image
        self._remember(key, image)
        return image

    async def _ask(self, pipeline: str, revision: int, role: WorkerRole) -> str:
        if self._clock.monotonic() < self._silent_until:
            raise RegistryUnavailable("the registry did not answer a moment ago: trying again")
        try:
            async with asyncio.timeout(self._ask_seconds):
                return await self._source.image(pipeline, revision, role)
        except TimeoutError as error:
            self._silent_until = self._clock.monotonic() + SILENT_SECONDS
            raise RegistryUnavailable(
                f"the registry does not answer within {self._ask_seconds:g} s: trying again"
            ) from error

    def _remember(self, key: _Key, image: str) -> None:
        self._found[key] = _Found(image, self._clock.monotonic())
        self._found.move_to_end(key)
        while len(self._found) > MAX_REMEMBERED:
            self._found.popitem(last=False)
