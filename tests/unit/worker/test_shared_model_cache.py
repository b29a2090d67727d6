"""Workers of one node, as processes: a model is downloaded once, whoever is killed meanwhile."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.worker import cache_program
from tests.waiting import eventually

CONTENT = os.urandom(3_000_000)
WORKERS = 4


class Node:
    """Workers that were started at once, and what they share."""

    def __init__(self, folder: Path) -> None:
        self.cache = folder / "models"
        self._content, self._log, self._go = folder / "content", folder / "log", folder / "go"
        self._content.write_bytes(CONTENT)
        self.workers: dict[int, Process] = {}

    async def start(self) -> None:
        """Start them, and wait until all of them ask."""
        paths = (self.cache, self._content, self._log, self._go)
        for _ in range(WORKERS):
            worker = await asyncio.create_subprocess_exec(
                *(sys.executable, cache_program.__file__, *map(str, paths)), stdout=PIPE
            )
            self.workers[worker.pid] = worker
        for worker in self.workers.values():
            assert worker.stdout is not None
            assert await worker.stdout.readline() == b"starts\n"

    async def downloads(self, count: int) -> list[int]:
        """The pids of those that downloaded, once there are so many."""
        return await eventually(self._pids, until=lambda pids: len(pids) >= count)

    def _pids(self) -> list[int]:
        return list(map(int, self._log.read_text().split())) if self._log.exists() else []

    async def end(self) -> list[int]:
        """Let the download end; returns how those that live ended."""
        self._go.touch()
        return [await worker.wait() for worker in self.workers.values()]

    def stop(self) -> None:
        for worker in self.workers.values():
            if worker.returncode is None:
                worker.kill()


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    found = Node(tmp_path)
    try:
        await found.start()
        yield found
    finally:
        found.stop()
        for worker in found.workers.values():
            await worker.communicate()


async def test_workers_that_start_at_once_download_a_model_once(node: Node) -> None:
    await node.downloads(1)
    assert await node.end() == [0] * WORKERS
    assert len(await node.downloads(1)) == 1
    (path,) = node.cache.iterdir()
    assert path.read_bytes() == CONTENT


async def test_another_worker_goes_on_when_the_one_that_downloads_is_killed(node: Node) -> None:
    (pid,) = await node.downloads(1)
    os.kill(pid, signal.SIGKILL)
    await node.workers.pop(pid).communicate()
    await node.downloads(2)
    assert await node.end() == [0] * (WORKERS - 1)
    assert len(await node.downloads(2)) == 2
