"""An ingest of several processes, as a person or a supervisor starts it."""

import asyncio
import json
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import channel
from tests.integration.ingest.conftest import Push, push
from tests.waiting import eventually

COUNT = 2
END_SECONDS = 6.0
"""From SIGTERM to the end; supervisors kill after 10."""


@dataclass(frozen=True)
class Several:
    """A running ingest."""

    process: asyncio.subprocess.Process
    address: str
    log: Path

    @property
    def pids(self) -> dict[int, int]:
        """Of its processes, by their numbers."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # also one that has ended
                command = child.cmdline()
                if "framemesh.ingest.processes" in command:
                    found[int(command[-1])] = child.pid
        return found

    def said(self) -> list[dict[str, Any]]:
        """All lines of its log."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def errors(self) -> list[str]:
        return [line["event"] for line in self.said() if line["level"] in {"error", "critical"}]

    async def serves(self, other_than: dict[int, int] | None = None) -> dict[int, int]:
        """Wait until all processes take cameras; their pids.

        Args:
            other_than: pids of processes that have ended.
        """
        gone = set((other_than or {}).values())

        def serving() -> dict[int, int]:
            assert self.process.returncode is None, self.errors()
            ready = {line["pid"] for line in self.said() if line["event"] == "process ready"}
            return {number: pid for number, pid in self.pids.items() if pid in ready - gone}

        return await eventually(serving, 40.0, until=lambda found: len(found) == COUNT)

    def cameras(self) -> dict[int, int]:
        """Connections to each process, by its number."""
        port = int(self.address.rpartition(":")[2])
        return {number: _connections(pid, port) for number, pid in self.pids.items()}

    async def end(self) -> int:
        """Wait for its end; its exit status."""
        async with asyncio.timeout(END_SECONDS):
            return await self.process.wait()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)


def _connections(pid: int, port: int) -> int:
    found = psutil.Process(pid).net_connections("tcp")
    return sum(each.status == "ESTABLISHED" and each.laddr.port == port for each in found)


@asynccontextmanager
async def several(
    nats_url: str,
    folder: Path,
    address: str = "",
    environment: Mapping[str, str] | None = None,
    **settings: str,
) -> AsyncIterator[Several]:
    """`settings` without FRAMEMESH_INGEST_; it is killed at the end, if it still runs."""
    address = address or f"127.0.0.1:{free_block(1)}"
    chosen = {"listen": address, "processes": str(COUNT), **settings}
    log = folder / f"ingest-{secrets.token_hex(4)}.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "framemesh.ingest",
            env={
                **os.environ,
                "FRAMEMESH_NATS": nats_url,
                **(environment or {}),
                **{f"FRAMEMESH_INGEST_{name.upper()}": each for name, each in chosen.items()},
            },
            stderr=out,
        )
    try:
        yield Several(process, address, log)
    finally:
        if process.returncode is None:
            # Those that it started end with it.
            process.kill()
        await process.wait()


class Streams:
    """Streams over connections of their own, so that the processes share them out."""

    def __init__(self, ingest: Several, stack: AsyncExitStack) -> None:
        self._ingest = ingest
        self._stack = stack

    async def one(self) -> Push:
        """Not opened yet."""
        connected = channel(self._ingest.address, own_connection=True)
        return push(await self._stack.enter_async_context(connected))

    async def opened_at_each(self, camera: str) -> dict[int, Push]:
        """An open session under one camera's name at each process, by its number."""
        found: dict[int, Push] = {}
        while len(found) < COUNT:
            before = self._ingest.cameras()
            stream = await self.one()
            await stream.open(camera=camera, session=f"s{len(found)}")
            after = self._ingest.cameras()
            (number,) = [each for each in after if after[each] > before[each]]
            if number in found:
                await stream.finish()
            else:
                found[number] = stream
        return found
