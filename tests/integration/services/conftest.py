"""The services as processes, as a person or a supervisor starts them."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.health import grpc_serving
from tests.integration.services.running import LOCK_TIMEOUT_SECONDS
from tests.waiting import eventually

SERVICES = ("ingest", "master", "monitor", "sink")


@dataclass(frozen=True)
class Service:
    """A running process of one service."""

    process: asyncio.subprocess.Process
    address: str

    async def serves(self) -> None:
        """Wait until it is healthy."""

        async def is_serving() -> bool:
            assert self.process.returncode is None, "it ended"
            return await grpc_serving(self.address)

        await eventually(is_serving)

    async def end(self) -> tuple[int, list[dict[str, Any]]]:
        """Wait for its end; its exit status, and what it logged."""
        async with asyncio.timeout(LOCK_TIMEOUT_SECONDS):
            _, said = await self.process.communicate()
        # A traceback is no JSON, and fails here.
        return self.process.returncode or 0, [json.loads(line) for line in said.splitlines()]

    async def logged(self, event: str) -> None:
        """Wait until it logs this."""
        assert self.process.stderr
        async with asyncio.timeout(LOCK_TIMEOUT_SECONDS):
            while json.loads(await self.process.stderr.readline())["event"] != event:
                pass


@asynccontextmanager
async def process(
    service: str, nats_url: str = "nats://127.0.0.1:1", **environment: str
) -> AsyncIterator[Service]:
    """`python -m framemesh.<service>`; killed at the end, if it still runs."""
    address = f"127.0.0.1:{free_block(1)}"
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"framemesh.{service}",
        env={
            **os.environ,
            "FRAMEMESH_NATS": nats_url,
            f"FRAMEMESH_{service.upper()}_LISTEN": address,
            **environment,
        },
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Service(started, address)
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()
