"""Asking for an image again and again, until it is there."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import pytest

from framemesh.master.history.events import EventKind
from framemesh.master.packaging.build_events import PipelineRevision
from framemesh.master.packaging.errors import ImageNotReady, RegistryFull
from framemesh.master.packaging.image_builds import (
    MAX_BUILDS,
    RETRY_SECONDS,
    ImageBuilds,
    image_builds,
)
from framemesh.master.packaging.known_images import KnownImage
from framemesh.master.packaging.model_layer import ModelLayer
from framemesh.master.packaging.packager import Progress
from framemesh.master.packaging.reference import ImageReference
from tests.hand_clock import HandClock
from tests.recorded_events import RecordedEvents

STREET = PipelineRevision("street", 7)
IMAGE = ImageReference("registry:5000", "worker", "sha256:" + 64 * "a")


class Record:
    """An ImageRecord that keeps what it is told."""

    def __init__(self) -> None:
        self.noted: list[KnownImage] = []

    async def note(self, image: KnownImage) -> None:
        self.noted.append(image)


class Workshop:
    """Builds when the test says so."""

    repository = "worker"

    def __init__(self) -> None:
        self.built: set[str] = set()
        self.record = Record()
        self.noted_before: list[KnownImage] = []
        """What was written down when the last build began."""
        self.running = 0
        self.go_on = asyncio.Event()
        self.error: Exception | None = None

    async def tag(self, layers: Sequence[ModelLayer]) -> str:
        return f"models-{layers[0].digest}"

    async def find(self, layers: Sequence[ModelLayer]) -> ImageReference | None:
        return IMAGE if layers[0].digest in self.built else None

    async def build(self, layers: Sequence[ModelLayer], progress: Progress) -> ImageReference:
        self.running += 1
        self.noted_before = [*self.record.noted]
        progress.begin("pushes a model", 2_000_000)
        await self.go_on.wait()
        self.running -= 1
        if self.error is not None:
            raise self.error
        self.built.add(layers[0].digest)
        return IMAGE


def model(digest: str = "one") -> list[ModelLayer]:
    async def content() -> AsyncGenerator[bytes, None]:
        yield b""

    return [ModelLayer(digest, 2_000_000, content, f"detector {digest}")]


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def events() -> RecordedEvents:
    return RecordedEvents()


@pytest.fixture
def ended() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def builds(
    workshop: Workshop, events: RecordedEvents, clock: HandClock, ended: asyncio.Event
) -> AsyncIterator[ImageBuilds]:
    async with image_builds(workshop, workshop.record, events, clock, ended) as made:
        yield made


async def not_ready(
    builds: ImageBuilds, digest: str = "one", asker: PipelineRevision = STREET
) -> str:
    with pytest.raises(ImageNotReady) as caught:
        await builds.image(model(digest), asker)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return str(caught.value)


async def test_an_image_is_built_once_however_often_it_is_asked_for(
    builds: ImageBuilds, workshop: Workshop
) -> None:
    assert await not_ready(builds) == "begins to build the image of its workers"
    assert await not_ready(builds) == "pushes a model: 0 %, 0.0 of 2.0 MB"
    assert workshop.running == 1
    workshop.go_on.set()
    await not_ready(builds, "other")
    assert await builds.image(model(), STREET) == str(IMAGE)


async def test_a_build_that_failed_says_why_and_is_begun_again(
    builds: ImageBuilds, workshop: Workshop, clock: HandClock
) -> None:
    workshop.error = RegistryFull("the registry is full")
    workshop.go_on.set()
    await not_ready(builds)
    with pytest.raises(RegistryFull):
        await builds.image(model(), STREET)
    workshop.error = None
    clock.seconds += RETRY_SECONDS
    await not_ready(builds)
    assert await builds.image(model(), STREET) == str(IMAGE)


@pytest.mark.parametrize("error", [None, RegistryFull("the registry is full")])
async def test_who_waits_for_a_build_is_told_when_it_ends(
    builds: ImageBuilds, workshop: Workshop, ended: asyncio.Event, error: RegistryFull | None
) -> None:
    workshop.error = error
    await not_ready(builds)
    assert not ended.is_set()
    workshop.go_on.set()
    async with asyncio.timeout(5):
        await ended.wait()


async def test_few_images_are_built_at_a_time(builds: ImageBuilds, workshop: Workshop) -> None:
    for number in range(MAX_BUILDS):
        await not_ready(builds, str(number))
    assert await not_ready(builds, "more") == f"waits for {MAX_BUILDS} other images that are built"
    assert workshop.running == MAX_BUILDS


async def test_each_pipeline_that_asked_is_told_once_of_the_image_and_its_time(
    builds: ImageBuilds, workshop: Workshop, events: RecordedEvents, clock: HandClock
) -> None:
    await not_ready(builds)
    await not_ready(builds)
    await not_ready(builds, asker=PipelineRevision("hall", 9))
    clock.seconds += 4.25
    workshop.go_on.set()
    await not_ready(builds, "other")
    for _ in range(3):
        await builds.image(model(), STREET)
    told = "sha256:aaaaaaaaaaaa with detector one, 2.0 MB above the base, in 4.2 s"
    assert events.of(EventKind.IMAGE_BUILT)[:2] == [
        ("hall", f"revision 9: {told}"),
        ("street", f"revision 7: {told}"),
    ]


async def test_an_image_that_is_there_is_no_event(
    builds: ImageBuilds, workshop: Workshop, events: RecordedEvents
) -> None:
    workshop.built.add("one")
    await builds.image(model(), STREET)
    assert events.all == []


async def test_a_build_that_fails_is_told_with_its_models_once_an_attempt(
    builds: ImageBuilds, workshop: Workshop, events: RecordedEvents
) -> None:
    workshop.error = RegistryFull("the registry is full")
    workshop.go_on.set()
    await not_ready(builds)
    for _ in range(3):
        with pytest.raises(RegistryFull):
            await builds.image(model(), STREET)
    assert events.all == [
        ("street", EventKind.IMAGE_FAILED, "revision 7, with detector one: the registry is full")
    ]


async def test_an_image_is_written_down_before_it_is_pushed_and_again_afterwards(
    builds: ImageBuilds, workshop: Workshop
) -> None:
    await not_ready(builds)
    await not_ready(builds, asker=PipelineRevision("hall", 9))
    noted = KnownImage("worker", "models-one", ("one",), ("street",))
    assert workshop.noted_before == [noted]
    workshop.go_on.set()
    await not_ready(builds, "other")
    for_both = KnownImage("worker", "models-one", ("one",), ("hall", "street"))
    assert for_both in workshop.record.noted
