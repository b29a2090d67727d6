"""A registry, and the image of the workers in it."""

import hashlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from framemesh.core.clock import SystemClock
from framemesh.master.packaging.credentials import Credentials
from framemesh.master.packaging.http_client import HttpClient
from framemesh.master.packaging.image_documents import DOCKER, Blob
from framemesh.master.packaging.login import Login
from framemesh.master.packaging.model_layer import ModelLayer
from framemesh.master.packaging.packager import Packager, Progress
from framemesh.master.packaging.push import BlobPush, Pushed
from framemesh.master.packaging.reference import ImageReference
from framemesh.master.packaging.registry import Registry
from tests import registry as processes

NAME = "framemesh/worker"
CONFIG_TYPE = "application/vnd.docker.container.image.v1+json"

BASE_LAYER = b"what every worker has"
BASE_CONFIG = {
    "architecture": "amd64",
    "os": "linux",
    "config": {"Env": ["PATH=/bin", "FRAMEMESH_WORKER_MODELS=/old"], "Cmd": ["/worker"]},
    "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(BASE_LAYER).hexdigest()]},
    "history": [{"created_by": "the build of the workers"}],
}


class Model:
    """A file of so many bytes, and how often it was read."""

    def __init__(self, size: int, first: bytes = b"m") -> None:
        self.bytes = (first + bytes(range(256)) * (size // 256 + 1))[:size]
        self.digest = hashlib.sha256(self.bytes).hexdigest()
        self.reads = 0

    @property
    def layer(self) -> ModelLayer:
        return ModelLayer(self.digest, len(self.bytes), self.content, "detector version 2")

    async def content(self) -> AsyncGenerator[bytes, None]:
        self.reads += 1
        for start in range(0, len(self.bytes), 128 * 1024):
            yield self.bytes[start : start + 128 * 1024]


@dataclass(frozen=True, slots=True)
class Shop:
    """A registry with the image of the workers, and who builds on it."""

    process: processes.Registry
    registry: Registry
    packager: Packager

    async def build(self, *models: Model) -> ImageReference:
        return await self.packager.build([each.layer for each in models], Progress())


@pytest.fixture
def registry_process(tmp_path: Path) -> Iterator[processes.Registry]:
    with processes.running_registry(tmp_path / "registry") as process:
        yield process


@pytest.fixture
async def shop(registry_process: processes.Registry) -> AsyncIterator[Shop]:
    async with open_shop(registry_process) as made:
        yield made


@asynccontextmanager
async def open_shop(process: processes.Registry, login: Login | None = None) -> AsyncIterator[Shop]:
    with closing(HttpClient()) as http:
        registry = client(http, process, login)
        base = await push_base(registry)
        reference = ImageReference(process.address, NAME, base)
        yield Shop(process, registry, Packager(reference, registry, SystemClock()))


def client(http: HttpClient, process: processes.Registry, login: Login | None = None) -> Registry:
    url = f"http://{process.address}"
    return Registry(http, url, NAME, Credentials(http, url, login))


async def push_base(registry: Registry) -> str:
    """Push the image of the workers; returns its digest."""
    config = Blob(json.dumps(BASE_CONFIG).encode(), CONFIG_TYPE)
    layer = Blob(BASE_LAYER, "application/vnd.docker.image.rootfs.diff.tar")
    for blob in (config, layer):
        await push(registry, blob)
    described = [
        {"mediaType": each.media_type, "size": len(each.content), "digest": each.digest}
        for each in (config, layer)
    ]
    document = {
        "schemaVersion": 2,
        "mediaType": DOCKER,
        "config": described[0],
        "layers": described[1:],
    }
    manifest = Blob(json.dumps(document).encode(), DOCKER)
    await registry.put_manifest(manifest, "1.0")
    return manifest.digest


async def push(registry: Registry, blob: Blob) -> None:
    async def read(offset: int) -> AsyncGenerator[bytes, None]:
        yield blob.content[offset:]

    pushed = Pushed(blob.digest, len(blob.content), read)
    await BlobPush(registry, SystemClock()).run(pushed, lambda _: None)
