"""What is tested against more than one implementation."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.planes import ALL, QUEUE, MemoryWorld, World, jetstream_world


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
