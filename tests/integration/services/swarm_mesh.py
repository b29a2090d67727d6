"""A master, a registry that is real, and a swarm in memory behind Docker's API."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from framemesh.master.app import run as run_master
from framemesh.master.packaging.http_client import HttpClient
from framemesh.master.settings import Settings
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import channel
from tests.command_line import Ended, framemesh
from tests.docker_socket import docker_socket
from tests.integration.master.conftest import Master, onnx_file
from tests.integration.packaging.conftest import NAME, client, push_base
from tests.integration.services.running import MIB, serving
from tests.memory_swarm import MemorySwarm
from tests.registry import Registry

MODEL_BYTES = 6 * MIB

PIPELINE = "name: street\nstages: [{name: people, model: person}]\nbuffer: {max_bytes: 67108864}\n"


@dataclass(frozen=True, slots=True)
class SwarmMesh:
    """A master whose workers are services of a swarm."""

    address: str
    swarm: MemorySwarm
    pipeline: Path

    async def framemesh(self, *arguments: str | Path) -> Ended:
        return await framemesh(*arguments, FRAMEMESH_MASTER=self.address)

    async def apply(self, seconds: int = 3) -> Ended:
        """Apply a pipeline and wait so long for its workers."""
        command = ("pipeline", "apply", self.pipeline, "--wait", "--timeout", str(seconds))
        return await self.framemesh(*command)


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
            file = await asyncio.to_thread(partial(onnx_file, padding=MODEL_BYTES))
            await Master(to).register(content=file)
            pipeline = folder / "street.yaml"
            pipeline.write_text(PIPELINE)
            yield SwarmMesh(address, swarm, pipeline)


def images(registry: Registry) -> list[str]:
    """The tags of images with models."""
    tags = registry.storage / f"docker/registry/v2/repositories/{NAME}/_manifests/tags"
    return [each.name for each in tags.iterdir() if each.name.startswith("models-")]
