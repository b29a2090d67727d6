"""The image of a pipeline's workers, from the models that the master keeps."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator

import pytest

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.core.clock import SystemClock
from framemesh.core.worker_role import WorkerRole
from framemesh.master.history.events import EventKind
from framemesh.master.models.catalog import ModelCatalog
from framemesh.master.models.transfers import Transfers
from framemesh.master.packaging.errors import ImageNotReady, RegistryUnavailable
from framemesh.master.packaging.image_builds import image_builds
from framemesh.master.packaging.known_images import KnownImages
from framemesh.master.packaging.pipeline_images import PipelineImages
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.revision_store import RevisionStore
from tests.integration.master.conftest import Master, manifest, onnx_file, pipeline_spec
from tests.integration.packaging.conftest import Shop
from tests.integration.services.running import master
from tests.recorded_events import RecordedEvents
from tests.registry import Registry
from tests.waiting import eventually


@pytest.fixture
async def running(nats_url: str) -> AsyncIterator[Master]:
    """A master with a model and no fleet of its own."""
    async with master(nats_url) as channel:
        found = Master(channel)
        await found.register()
        yield found


@pytest.fixture
def events() -> RecordedEvents:
    return RecordedEvents()


@pytest.fixture
async def images(
    shop: Shop, nats_broker: Broker, events: RecordedEvents
) -> AsyncIterator[PipelineImages]:
    clock, known, ended = SystemClock(), KnownImages(nats_broker), asyncio.Event()
    await known.create()
    async with image_builds(shop.packager, known, events, clock, ended) as builds:
        models = ModelCatalog(nats_broker, Transfers())
        stores = PipelineStore(nats_broker), RevisionStore(nats_broker)
        yield PipelineImages(*stores, models, builds)


async def image(images: PipelineImages, revision: int, role: WorkerRole = WorkerRole.WORKER) -> str:
    async def ask() -> str:
        try:
            return await images.image("street", revision, role)
        except ImageNotReady:
            return ""

    return await eventually(ask)


async def built(events: RecordedEvents, count: int) -> list[tuple[str, str]]:
    """What is told of images, once it is of so many: the registry has one before that is told."""
    return await eventually(
        lambda: events.of(EventKind.IMAGE_BUILT), until=lambda told: len(told) >= count
    )


async def layers(shop: Shop, reference: str) -> list[str]:
    manifest = json.loads((await shop.registry.manifest(reference.partition("@")[2])).content)
    return [each["digest"] for each in manifest["layers"]]


async def test_each_revision_has_the_image_of_its_own_models(
    running: Master, shop: Shop, images: PipelineImages, events: RecordedEvents
) -> None:
    first = (await running.apply()).revision
    before = await image(images, first)
    content = onnx_file(padding=3_000_000)
    await running.register(manifest(description="better"), content)
    second = (await running.apply()).revision
    after = await image(images, second)
    assert before != after
    assert await image(images, first) == before
    back = pipeline_pb2.RollBackPipelineRequest(name="street")
    assert (await running.pipelines.RollBackPipeline(back)).pipeline.revision == first
    assert await image(images, second) == after
    assert await image(images, first) == before
    told = await built(events, 2)
    assert [pipeline for pipeline, _ in told] == ["street", "street"]
    for (_, message), revision, made in zip(told, (first, second), (before, after), strict=True):
        digest = made.partition("@")[2][:19]
        assert message.startswith(f"revision {revision}: {digest} with person version ")
    base, model = await layers(shop, after)
    assert (await layers(shop, before))[0] == base
    file = hashlib.sha256(content).hexdigest()
    stored = await asyncio.to_thread(_blob, shop.process, model)
    assert file.encode() in stored[:2048]
    assert content in stored


async def test_a_shadow_has_the_image_of_its_own_models(
    running: Master,
    shop: Shop,
    images: PipelineImages,
    events: RecordedEvents,
    nats_broker: Broker,
) -> None:
    await running.register(manifest(description="better"), onnx_file(padding=1))
    newest = await image(images, (await running.apply()).revision)
    stage = {"name": "people", "model": "person", "model_version": 1}
    spec = pipeline_spec(stages=[stage])
    spec.rollout.shadow.models["people"] = 2
    await running.pipelines.ApplyPipeline(pipeline_pb2.ApplyPipelineRequest(spec=spec))
    number = (await PipelineStore(nats_broker).get("street")).shadow
    assert await image(images, number, WorkerRole.SHADOW) == newest
    assert await image(images, (await running.get()).revision) != newest
    # Of one that has ended there is nothing to build any more.
    with pytest.raises(ImageNotReady, match=f"shadow {number - 1} is not known yet"):
        await images.image("street", number - 1, WorkerRole.SHADOW)


async def test_a_registry_that_is_away_is_told_and_the_image_is_built_when_it_is_back(
    running: Master, shop: Shop, images: PipelineImages, events: RecordedEvents
) -> None:
    revision = (await running.apply()).revision
    shop.process.stop()
    with pytest.raises(RegistryUnavailable, match="does not answer"):
        await images.image("street", revision)
    await asyncio.to_thread(shop.process.start)
    await image(images, revision)
    assert len(await built(events, 1)) == 1


def _blob(process: Registry, digest: str) -> bytes:
    folder = digest.partition(":")[2]
    root = process.storage / "docker/registry/v2/blobs/sha256"
    return (root / folder[:2] / folder / "data").read_bytes()
