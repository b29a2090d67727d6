"""What a person reads where Docker, a registry or an image is not as it should be.

The master is the real one, and so is the registry; the swarm is one in memory behind Docker's API.
"""

import gc
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cut_connection import CutConnection
from tests.integration.services.swarm_mesh import MODEL_BYTES, images, swarm_mesh
from tests.registry import Registry, running_registry, small_disk
from tests.told import assert_refused, eventually_refused

NOBODY = 65534

ANY_REVISION = {str(number) for number in range(1, 100)}


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with running_registry(tmp_path / "registry") as process:
        yield process


async def test_an_image_that_cannot_be_pulled_is_told_with_its_worker(
    nats_url: str, tmp_path: Path, registry: Registry
) -> None:
    async with swarm_mesh(nats_url, tmp_path, registry) as mesh:
        mesh.swarm.broken = ANY_REVISION
        mesh.swarm.last_words = "No such image: registry:5000/framemesh/worker@sha256:0123"
        await eventually_refused("an image that cannot be pulled", mesh.apply)


async def test_a_registry_that_goes_in_the_middle_of_a_push_has_no_image(
    nats_url: str, tmp_path: Path, registry: Registry
) -> None:
    cut = CutConnection(registry.port, MODEL_BYTES // 2)
    async with (
        cut.listening() as address,
        swarm_mesh(nats_url, tmp_path, registry, address) as mesh,
    ):
        await eventually_refused("a registry that goes in the middle of a push", mesh.apply)
        assert cut.is_cut
        assert images(registry) == []


async def test_a_registry_without_room_says_so(nats_url: str, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", megabytes=4) as disk, running_registry(disk) as registry:
        async with swarm_mesh(nats_url, tmp_path, registry) as mesh:
            await eventually_refused("a registry that is full", mesh.apply)
            assert images(registry) == []


@pytest.fixture
def refused_sockets() -> Iterator[None]:
    """The SDK leaves sockets that were refused to it."""
    yield
    gc.collect()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Others than its owner find what is in it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.usefixtures("refused_sockets")
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
async def test_a_socket_of_docker_without_permission_says_what_to_do(
    nats_url: str, open_folder: Path, registry: Registry
) -> None:
    async with swarm_mesh(nats_url, open_folder, registry) as mesh:
        (open_folder / "docker.sock").chmod(0o600)
        with another_user():
            await eventually_refused("a socket of Docker without permission", mesh.apply)
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
