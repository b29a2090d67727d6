"""A nats-server whose configuration is ours and something else."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.nats_server import CONFIGURATION, NatsServer, jetstream_answers
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.processes.programs import nats_server
from tests.waiting import eventually

GRACE_SECONDS = 10.0
START_TIMEOUT_SECONDS = 10.0


class OtherServer:
    """It keeps its port and its store through all its lives, and may change its configuration.

    Whoever has no user may do everything, where `more` names users and makes one of them
    `no_auth_user`.
    """

    def __init__(self, folder: Path, more: str) -> None:
        self._file = folder / "other.conf"
        self._log = folder / "nats.log"
        self._server = NatsServer(store=folder / "nats", port=free_block(1))
        self._child: Child | None = None
        shutil.copy(CONFIGURATION, folder)
        self._configure(more)

    @property
    def url(self) -> str:
        return self._server.url

    def url_of(self, user: str, password: str) -> str:
        return f"nats://{user}:{password}@{self._server.address}"

    def reconfigure(self, more: str) -> None:
        """While it runs, which goes for users, and little else."""
        self._configure(more)
        self.process.send_signal(signal.SIGHUP)

    def _configure(self, more: str) -> None:
        self._file.write_text(f"include ./{CONFIGURATION.name}\n{more}\n")

    async def start(self) -> None:
        self._child = await Child.start(
            (nats_server(), "--config", self._file),
            name="nats",
            log=self._log,
            environment=self._server.environment(),
        )
        async with asyncio.timeout(START_TIMEOUT_SECONDS):
            while not await jetstream_answers(self._server.address):
                assert self._child.running, self._child.last_log_line()
                await asyncio.sleep(0.02)

    @property
    def process(self) -> psutil.Process:
        assert self._child is not None
        return psutil.Process(self._child.pid)

    async def freeze(self) -> None:
        """It has its connections, and says nothing, until `process.resume()`."""
        self.process.suspend()
        await eventually(lambda: _stands_still(self.process.pid))

    async def wait(self) -> None:
        """Wait for its end."""
        assert self._child is not None
        await self._child.wait()

    async def stop(self) -> None:
        if self._child is not None:
            await self._child.stop(GRACE_SECONDS)


def _stands_still(pid: int) -> bool:
    """Whether each of its threads has stopped; a signal reaches them one by one."""
    states = (each.read_text() for each in Path(f"/proc/{pid}/task").glob("*/stat"))
    return all(state.rpartition(")")[2].split()[0] == "T" for state in states)


@asynccontextmanager
async def other_server(folder: Path, more: str) -> AsyncIterator[OtherServer]:
    """It answers when the context begins, and is gone when it ends."""
    server = OtherServer(folder, more)
    try:
        await server.start()
        yield server
    finally:
        await server.stop()
