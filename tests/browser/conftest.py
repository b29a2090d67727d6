"""One browser and one mesh for all tests of this folder: each uses pipelines of its own."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from framemesh.cli.local.dashboard_token import dashboard_token
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from tests.browser.browser import Browser, missing_programs, running_browser
from tests.browser.dashboard import Dashboard
from tests.e2e.conftest import installed, jpegs
from tests.e2e.mesh import ROOT, Mesh

__all__ = ["installed", "jpegs"]


@pytest.fixture(scope="session", autouse=True)
def browser_installed(installed: None) -> None:
    """Skip where no browser is."""
    if missing := missing_programs():
        pytest.skip(missing)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(browser_installed: None) -> AsyncIterator[Browser]:
    async with running_browser() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_dashboard(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Dashboard]:
    """A whole mesh on free ports, with the bundled model, and its dashboard."""
    data = tmp_path_factory.mktemp("mesh")
    async with running_mesh(data, Ports.free(), store_max_bytes=8 * 1024**3) as run:
        mesh = Mesh(run)
        await mesh.add_model(ROOT / "models/person")
        token = await asyncio.to_thread(dashboard_token, data)
        yield Dashboard(browser, mesh, run.dashboard, token)


@pytest_asyncio.fixture(loop_scope="session")
async def dashboard(shared_dashboard: Dashboard) -> AsyncIterator[Dashboard]:
    """The dashboard of all tests. Pages and pipelines of a test are gone at its end."""
    yield shared_dashboard
    await shared_dashboard.close_pages()
    await shared_dashboard.mesh.delete_all()
