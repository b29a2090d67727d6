"""One mesh for all tests of this folder: each uses pipelines of its own."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.runtime.processes.programs import ProgramMissing, triton
from tests.e2e.mesh import ROOT, Mesh
from tests.jpegs import frames_of

CLIP = ROOT / "examples/street/street.mp4"


@pytest.fixture(scope="session", autouse=True)
def installed() -> None:
    """Skip where programs that a mesh needs are missing; in CI they must not be."""
    try:
        triton()
    except ProgramMissing as error:
        if "CI" in os.environ:
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest_asyncio.fixture(loop_scope="session")
async def mesh(shared_mesh: Mesh) -> AsyncIterator[Mesh]:
    """The mesh of all tests. Pipelines of a test are deleted at its end, also if it failed."""
    yield shared_mesh
    await shared_mesh.delete_all()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_mesh(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    """A whole mesh on free ports, with the bundled model."""
    data = tmp_path_factory.mktemp("mesh")
    async with running_mesh(data, Ports.free(), store_max_bytes=8 * 1024**3) as run:
        running = Mesh(run)
        await running.add_model(ROOT / "models/person")
        yield running


@pytest.fixture(scope="session")
def jpegs() -> list[bytes]:
    """The 200 frames of the bundled clip, 768x576."""
    return frames_of(CLIP)
