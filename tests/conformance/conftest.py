"""The programs of all SDKs that this machine can run."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.conformance.camera_program import CameraProgram, running_camera

ROOT = Path(__file__).resolve().parents[2]
PYTHON = (sys.executable, str(Path(__file__).parent / "programs/python_camera.py"))

BUILD_SECONDS = 300.0
"""With an empty cache; `make check-go` fills it, and then it takes a second."""

StartCamera = Callable[[], Awaitable[CameraProgram]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def go_camera(tmp_path_factory: pytest.TempPathFactory) -> Sequence[str]:
    """The command of the Go SDK's program, built once."""
    if shutil.which("go") is None:
        pytest.skip("Go is missing")
    binary = tmp_path_factory.mktemp("go") / "camera"
    build = await asyncio.create_subprocess_exec(
        *("go", "build", "-o", str(binary), "./internal/conformance"),
        cwd=ROOT / "sdk/go",
    )
    async with asyncio.timeout(BUILD_SECONDS):
        assert await build.wait() == 0
    return (str(binary),)


@pytest.fixture(params=["python", "go"])
def command(request: pytest.FixtureRequest) -> Sequence[str]:
    """How to start the program of one SDK after the other."""
    found: Sequence[str] = request.getfixturevalue("go_camera") if request.param == "go" else PYTHON
    return found


@pytest.fixture
async def start_camera(command: Sequence[str]) -> AsyncIterator[StartCamera]:
    """Starts programs that end with the test."""
    async with AsyncExitStack() as stack:

        async def start() -> CameraProgram:
            return await stack.enter_async_context(running_camera(command))

        yield start
