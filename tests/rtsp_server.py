"""A real RTSP server, and real cameras that publish to it what they show with its time."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from framemesh.runtime.processes.ports import free_block

BINARY = Path(__file__).parent.parent / ".tools/rtsp/rtsp"


@dataclass
class RtspServer:
    """A server that may be killed, stopped and started again on its port."""

    port: int
    udp: int
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    process: Process | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"rtsp://{self.address}/{path}"

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            BINARY, "-listen", self.address, "-udp", str(self.udp), *self.arguments,
            env={**os.environ, **self.environment}, stdout=PIPE, stderr=DEVNULL,
        )  # fmt: skip
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            assert await self.process.stdout.readline() == b"listening\n"

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    async def kill(self) -> None:
        await killed(self.process)


@asynccontextmanager
async def rtsp_server(*arguments: str, **environment: str) -> AsyncIterator[RtspServer]:
    """The test is left out where the server is not built: `make rtsp` does."""
    if not BINARY.exists():
        pytest.skip("the RTSP server is not built: `make rtsp`")
    first = free_block(4)
    server = RtspServer(first, first + 2 - first % 2, arguments, environment)
    await server.start()
    try:
        yield server
    finally:
        await server.kill()


@asynccontextmanager
async def rtsp_camera(
    url: str, *, codec: str = "libx264", size: str = "320x240", fps: int = 25
) -> AsyncIterator[Process]:
    """Publishes the test pattern, drawn as it is sent."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.pattern_publisher", url, codec, size, str(fps),
        stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            assert await process.stdout.readline() == b"publishing\n", await said(process)
        yield process
    finally:
        await killed(process)


async def said(process: Process) -> str:
    return (await process.stderr.read()).decode() if process.stderr is not None else ""


async def killed(process: Process | None) -> None:
    if process is not None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
