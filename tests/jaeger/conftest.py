"""A Jaeger, and a mesh that sends it all traces.

`make jaeger` builds the one, in 20 minutes on two cores. Where nobody did, these tests are left
out.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from tests.e2e.mesh import ROOT, Mesh
from tests.jaeger.jaeger_server import RunningJaeger, binary, running_jaeger


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def jaeger(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningJaeger]:
    if not binary().exists():
        pytest.skip("Jaeger is not built: `make jaeger`")
    async with running_jaeger(tmp_path_factory.mktemp("jaeger") / "jaeger.log") as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def mesh(
    jaeger: RunningJaeger, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Mesh]:
    """A whole mesh with the bundled model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMEMESH_OTLP", jaeger.otlp)
        patch.setenv("FRAMEMESH_WORKER_TRITON_OTLP", jaeger.otlp_http)
        data = tmp_path_factory.mktemp("mesh")
        async with running_mesh(data, Ports.free(), store_max_bytes=8 * 1024**3) as run:
            found = Mesh(run)
            await found.add_model(ROOT / "models/person")
            yield found


@pytest.fixture(scope="session")
def jpegs() -> list[bytes]:
    return [(ROOT / "docs/street.jpg").read_bytes()] * 4
