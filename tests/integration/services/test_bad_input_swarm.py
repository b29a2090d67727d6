"""What a person reads where Docker, a registry or an image is not as it should be.

The master is the real one, and so is the registry; the swarm is one in memory behind Docker's API.
"""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from framemesh.master.app import run as run_master
from framemesh.master.packaging.http_client import HttpClient
from framemesh.master.settings import Settings
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import channel
from tests.command_line import Ended, framemesh
from tests.cut_connection import CutConnection
from tests.docker_socket import docker_socket
from tests.integration.master.conftest import Master, onnx_file
from tests.integration.packaging.conftest import NAME, client, push_base
from tests.integration.services.running import MIB, serving
from tests.memory_swarm import MemorySwarm
from tests.registry import Registry, running_registry, small_disk
from tests.told import assert_refused

NOBODY = 65534

MODEL_BYTES = 8 * MIB

PIPELINE = "name: street\nstages: [{name: people, model: person}]\nbuffer: {max_bytes: 67108864}\n"

ANY_REVISION = {str(number) for number in range(1, 100)}


@dataclass(frozen=True, slots=True)
class SwarmMesh:
    """A master whose workers are services of a swarm."""

    address: str
    swarm: MemorySwarm
    pipeline: Path

    async def framemesh(self, *arguments: str | Path) -> Ended:
        return await framemesh(*arguments, FRAMEMESH_MASTER=self.address)

    async def apply(self) -> Ended:
        """Apply a pipeline and wait a moment for its workers."""
        return await self.framemesh("pipeline", "apply", self.pipeline, "--wait", "--timeout", "3")


@asynccontextmanager
async def swarm_mesh(
    nats_url: str, folder: Path, registry: Registry, registry_address: str = ""
) -> AsyncIterator[SwarmMesh]:
    """With a model and one node; what is not given is as it should be."""
    swarm = MemorySwarm()
    swarm.add_node("east")
    with closing(HttpClient()) as http:
        base = await push_base(client(http, registry))
    address = f"127.0.0.1:{free_block(1)}"
    async with docker_socket(swarm, folder / "docker.sock") as docker:
        settings = Settings(
            nats=nats_url,
            listen=address,
            spool=folder,
            fleet="swarm",
            swarm_socket=docker,
            swarm_image=f"{registry.address}/{NAME}@{base}",
            registry=f"http://{registry_address or registry.address}",
        )
        async with serving(run_master, settings, address), channel(address) as to:
            await Master(to).register(content=onnx_file(padding=MODEL_BYTES))
            pipeline = folder / "street.yaml"
            pipeline.write_text(PIPELINE)
            yield SwarmMesh(address, swarm, pipeline)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with running_registry(tmp_path / "registry") as process:
        yield process


def images(registry: Registry) -> list[str]:
    """The tags of images with models."""
    tags = registry.storage / f"docker/registry/v2/repositories/{NAME}/_manifests/tags"
    return [each.name for each in tags.iterdir() if each.name.startswith("models-")]


async def test_an_image_that_cannot_be_pulled_is_told_with_its_worker(
    nats_url: str, tmp_path: Path, registry: Registry
) -> None:
    async with swarm_mesh(nats_url, tmp_path, registry) as mesh:
        mesh.swarm.broken = ANY_REVISION
        mesh.swarm.last_words = "No such image: registry:5000/framemesh/worker@sha256:0123"
        assert_refused("an image that cannot be pulled", await mesh.apply())


async def test_a_registry_that_goes_in_the_middle_of_a_push_has_no_image(
    nats_url: str, tmp_path: Path, registry: Registry
) -> None:
    cut = CutConnection(registry.port, MODEL_BYTES // 2)
    async with (
        cut.listening() as address,
        swarm_mesh(nats_url, tmp_path, registry, address) as mesh,
    ):
        assert_refused("a registry that goes in the middle of a push", await mesh.apply())
        assert cut.is_cut
        assert images(registry) == []


async def test_a_registry_without_room_says_so(nats_url: str, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as disk, running_registry(disk) as registry:
        async with swarm_mesh(nats_url, tmp_path, registry) as mesh:
            assert_refused("a registry that is full", await mesh.apply())
            assert images(registry) == []


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Others than its owner find what is in it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_a_socket_of_docker_without_permission_says_what_to_do(
    nats_url: str, open_folder: Path, registry: Registry
) -> None:
    async with swarm_mesh(nats_url, open_folder, registry) as mesh:
        (open_folder / "docker.sock").chmod(0o600)
        with another_user():
            assert_refused("a socket of Docker without permission", await mesh.apply())
            listed = await mesh.framemesh("pipeline", "list")
            planned = await mesh.framemesh("resources", mesh.pipeline)
    assert listed.status == 0
    assert "no permission for the socket of Docker" in listed.output
    assert_refused("a socket of Docker without permission, planned", planned)


@contextmanager
def another_user() -> Iterator[None]:
    """The services of this process are nobody's for a moment; commands are not."""
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
