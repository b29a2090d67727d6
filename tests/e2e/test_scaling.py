"""Workers come and go under load, by hand and by the load itself."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bench.scaling.handover import MODEL, MODEL_MILLISECONDS, handover
from bench.scaling.simulated_model import simulated_model
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from tests.e2e.mesh import Mesh

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_mesh(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    """A mesh of its own: no other pipeline's workers take the processors."""
    data = tmp_path_factory.mktemp("scaling")
    async with running_mesh(data, Ports.free(), store_max_bytes=4 * 1024**3) as run:
        running = Mesh(run)
        folder = simulated_model(data / "model", MODEL, milliseconds=MODEL_MILLISECONDS)
        await running.add_model(folder)
        yield running


async def test_shards_are_shared_out_anew_and_every_camera_keeps_its_order(
    own_mesh: Mesh,
) -> None:
    found = await handover(own_mesh, 3, [1, 3, 1])
    assert list(found.shares) == [[3], [1, 1, 1], [3]]
    assert found.in_order
    await own_mesh.delete("handover")
