"""Images that were found a moment ago are not asked for again."""

import asyncio
import time

import pytest

from framemesh.core.worker_role import WorkerRole
from framemesh.master.packaging.errors import ImageNotReady, RegistryUnavailable
from framemesh.master.packaging.remembered_images import (
    REMEMBERED_SECONDS,
    SILENT_SECONDS,
    RememberedImages,
)
from tests.hand_clock import HandClock

IMAGE = "registry:5000/worker@sha256:" + 64 * "a"


class Source:
    def __init__(self) -> None:
        self.asked = 0
        self.error: Exception | None = None
        self.hangs = False

    async def image(
        self, pipeline: str, revision: int, role: WorkerRole = WorkerRole.WORKER
    ) -> str:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        return IMAGE


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def images(source: Source, clock: HandClock) -> RememberedImages:
    return RememberedImages(source, clock)


async def test_what_was_found_is_asked_for_again_after_a_while(
    images: RememberedImages, source: Source, clock: HandClock
) -> None:
    for _ in range(3):
        assert await images.image("street", 1) == IMAGE
    assert source.asked == 1
    await images.image("street", 2)
    assert source.asked == 2
    clock.seconds += REMEMBERED_SECONDS
    await images.image("street", 1)
    assert source.asked == 3


async def test_while_the_registry_is_away_what_was_found_counts(
    images: RememberedImages, source: Source, clock: HandClock
) -> None:
    await images.image("street", 1)
    clock.seconds += REMEMBERED_SECONDS
    source.error = RegistryUnavailable("it does not answer")
    assert await images.image("street", 1) == IMAGE
    with pytest.raises(RegistryUnavailable):
        await images.image("yard", 1)


async def test_what_is_not_ready_is_asked_for_every_time(
    images: RememberedImages, source: Source
) -> None:
    source.error = ImageNotReady("pushes a model")
    for _ in range(2):
        with pytest.raises(ImageNotReady):
            await images.image("street", 1)
    assert source.asked == 2


async def test_a_registry_that_hangs_costs_one_timeout_whatever_number_of_pipelines_wait(
    source: Source, clock: HandClock
) -> None:
    images = RememberedImages(source, clock, ask_seconds=0.1)
    source.hangs = True
    began = time.monotonic()
    for number in range(20):
        with pytest.raises(RegistryUnavailable, match="not answer"):
            await images.image(f"street-{number}", 1)
    assert time.monotonic() - began < 1
    source.hangs = False
    clock.seconds += SILENT_SECONDS
    assert await images.image("street-1", 1) == IMAGE
