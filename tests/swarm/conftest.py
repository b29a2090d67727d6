"""One swarm of three nodes for all tests of this folder, with the stack on it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.chaos.load.images import Images, make_images
from tests.swarm.lab import possible, stack, swarm


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack_of_three() -> AsyncIterator[None]:
    """The stack on three nodes; skips where docker cannot run.

    Those of `make swarm-up` are used, and stay.
    """
    if reason := await possible.obstacle():
        pytest.skip(reason)
    stays = await swarm.is_up()
    try:
        await stack.bring_up()
        yield
    finally:
        if not stays:
            await swarm.down()


@pytest.fixture(scope="session")
def street(tmp_path_factory: pytest.TempPathFactory) -> Images:
    """What the cameras push, with what is to be seen in it."""
    return make_images(tmp_path_factory.mktemp("street") / "images")
