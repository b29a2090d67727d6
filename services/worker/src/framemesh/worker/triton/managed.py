"""A tritonserver that runs as a child process of the worker."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from framemesh.modeling.runtime_message import plain_message
from framemesh.runtime.logs import get_logger
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.processes.programs import TritonInstallation
from framemesh.runtime.processes.supervision import trouble_of
from framemesh.worker.errors import TritonStartFailed, TritonStartTooSlow, TritonUnavailable
from framemesh.worker.triton.client import TritonClient
from framemesh.worker.triton.installation import Launch, prepare
from framemesh.worker.triton.orphan_cleanup import (
    backend_folders,
    kill_processes,
    remove_empty,
    remove_memory,
)
from framemesh.worker.triton.repository import Deployment, write_repository

log = get_logger()

START_TIMEOUT_SECONDS = 120.0
"""From start until it answers. Usually half a second; large models take time to load."""

POLL_SECONDS = 0.02

ATTEMPTS = 3
"""To start on a free port: another process may take the port between the check and its use."""


class ManagedTriton:
    """Starts, and starts again, a tritonserver on ports of its own."""

    def __init__(
        self,
        installation: TritonInstallation,
        deployments: Sequence[Deployment],
        *,
        folder: Path,
        prefix: str,
        collector: str = "",
    ) -> None:
        """
        Args:
            folder: for its models, backends and log; no other server may use it.
            prefix: of the names of its processes and shared memory; as above.
            collector: URL of OTLP over HTTP for its own spans; empty: it makes none.
        """
        self._installation = installation
        self._deployments = deployments
        self._folder = folder
        self._prefix = prefix
        self._collector = collector
        self._launch: Launch | None = None
        self._child: Child | None = None
        self._backend_folders: set[Path] = set()
        """Temporary folders that appeared while it started: its own, or those of another server
        that started at the same time and does not use its own either."""

    owned = True

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    async def start(self, client: TritonClient) -> None:
        """Stop the old process, start a new one, and connect the client once it answers.

        Raises:
            TritonStartFailed: it exits at once, does not answer, or cannot load a model.
        """
        await self.stop()
        if self._launch is None:
            self._launch = await asyncio.to_thread(self._prepare)
        for attempt in range(ATTEMPTS):
            if not (trouble := await self._run(self._launch, client)):
                break
            if attempt == ATTEMPTS - 1:
                raise TritonStartFailed(f"tritonserver exited at once: {trouble}: see {self._log}")
        if unloaded := await client.unloaded():
            # A traceback of the backend follows the first line.
            lines = {name: reason.partition("\n")[0] for name, reason in unloaded.items()}
            reasons = "; ".join(f"{name}: {plain_message(line)}" for name, line in lines.items())
            raise TritonStartFailed(f"Triton cannot load {reasons}")

    async def stop(self) -> None:
        """Kill it and remove what it leaves behind. It has no state to save, and a graceful exit
        takes it three seconds."""
        if self._child is not None:
            self._child.kill()
            await self._child.wait()
            self._child = None
        await asyncio.to_thread(kill_processes, self._prefix)
        await asyncio.to_thread(remove_memory, f"{self._prefix}stub-")
        await asyncio.to_thread(remove_empty, self._backend_folders)

    def last_log_line(self) -> str:
        return self._child.last_log_line() if self._child is not None else ""

    @property
    def _log(self) -> Path:
        return self._folder / "triton.log"

    def _prepare(self) -> Launch:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._log.unlink(missing_ok=True)
        write_repository(self._folder / "models", self._deployments)
        return prepare(self._installation, self._folder, self._prefix, self._collector)

    async def _run(self, launch: Launch, client: TritonClient) -> str:
        """One attempt to start; returns why the process exited before it answered, if it did.

        Raises:
            TritonStartTooSlow: it neither exited nor answered in time.
        """
        names = ", ".join(deployment.name for deployment in self._deployments)
        loading = f"Triton loads {names}"
        log.info(loading)
        port = free_block(1)
        before = await asyncio.to_thread(backend_folders)
        self._child = await Child.start(
            [*launch.command, f"--grpc-port={port}"],
            name="tritonserver",
            log=self._log,
            environment=launch.environment,
        )
        await client.connect(f"127.0.0.1:{port}")
        try:
            async with asyncio.timeout(START_TIMEOUT_SECONDS):
                while self._child.running:
                    # Another server may have taken the port: only ours has our prefix for a name.
                    if await _identity(client) == self._prefix:
                        self._backend_folders = await asyncio.to_thread(backend_folders) - before
                        return ""
                    await asyncio.sleep(POLL_SECONDS)
                return trouble_of(self._child, await self._child.wait())
        except TimeoutError as error:
            raise TritonStartTooSlow(
                f"tritonserver does not answer after {START_TIMEOUT_SECONDS:.0f} s: see {self._log}"
            ) from error


async def _identity(client: TritonClient) -> str:
    try:
        return await client.identity()
    except TritonUnavailable:
        return ""
