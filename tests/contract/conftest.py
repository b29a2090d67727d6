"""What is tested against more than one implementation."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.contract.planes import ALL, QUEUE, MemoryWorld, World, jetstream_world
from tests.contract.real_swarm import NoDocker, RealSwarm
from tests.registry import running_registry


@pytest.fixture(params=["memory", "jetstream"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A data plane with the stream QUEUE and its consumer ALL."""
    if request.param == "memory":
        memory = MemoryWorld()
        await memory.provision(QUEUE, ALL)
        yield memory
        return
    async with jetstream_world(tmp_path) as found:
        await found.provision(QUEUE, ALL)
        yield found


@pytest.fixture(scope="session")
def real_swarm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSwarm]:
    """A manager that takes no workers, and the nodes `east` and `west`, which take none yet."""
    folder = tmp_path_factory.mktemp("swarm")
    with running_registry(folder, listen="0.0.0.0") as registry:  # noqa: S104  the nodes pull
        try:
            swarm = RealSwarm(folder, registry.address)
        except NoDocker as error:
            pytest.skip(str(error))
        try:
            swarm.up()
            yield swarm
        finally:
            swarm.down()
