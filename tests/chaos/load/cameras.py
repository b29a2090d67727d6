"""The cameras of a run: processes that push, and are restarted when they end."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.health import Health
from framemesh.runtime.processes.supervision import SupervisedProcess
from tests.chaos.load import camera_log
from tests.chaos.load.camera_log import CameraSession

MODULE = "tests.chaos.load.camera"

CLOSE_TIMEOUT_SECONDS = 60.0
"""Timeout of a stopping camera until its last frame is answered; then it is killed."""

CONCURRENT_REQUESTS = Backoff(first_seconds=0.2, max_seconds=0.2)
"""Cameras are killed often here; the restart delay must not grow."""


@dataclass(frozen=True, slots=True)
class Cameras:
    """How cameras of one pipeline are started."""

    folder: Path
    """Folder for their camera logs and process logs."""
    address: str
    """host:port of ingest."""
    pipeline: str
    inside: Sequence[str] = ()
    """Prefix of their commands, to run in a network namespace."""

    @asynccontextmanager
    async def keeping(self, names: Sequence[str], images: Path, fps: float) -> AsyncIterator[None]:
        """Run cameras while the context lasts; at the end each waits for its last answers."""
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self._supervised(number, name, images, fps).run())
                for number, name in enumerate(names)
            ]
            yield
            for task in running:
                task.cancel()

    @asynccontextmanager
    async def another(self, name: str, images: Path, fps: float) -> AsyncIterator[None]:
        """Run one more camera while the context lasts."""
        child = await self._start(name, images, fps, "asyncio")
        try:
            yield
        finally:
            await child.stop(CLOSE_TIMEOUT_SECONDS)

    def sessions(self) -> list[CameraSession]:
        """The sessions from all camera logs."""
        paths = sorted(self._camera_logs.glob("*.jsonl"))
        return [session for path in paths for session in camera_log.read(path)]

    @property
    def _camera_logs(self) -> Path:
        return self.folder / "camera-logs"

    def _supervised(self, number: int, name: str, images: Path, fps: float) -> SupervisedProcess:
        # Both halves of the SDK take part.
        sdk = "threads" if number % 2 else "asyncio"
        return SupervisedProcess(
            name,
            start=partial(self._start, name, images, fps, sdk),
            check=_always_serving,
            changed=lambda: None,
            grace_seconds=CLOSE_TIMEOUT_SECONDS,
            restarts=CONCURRENT_REQUESTS,
        )

    async def _start(self, name: str, images: Path, fps: float, sdk: str) -> Child:
        self._camera_logs.mkdir(parents=True, exist_ok=True)
        command = [*self.inside, sys.executable, "-m", MODULE, self.address, self.pipeline, name]
        options = [
            f"--images={images}",
            f"--log={self._camera_logs / name}.jsonl",
            f"--fps={fps}",
            f"--sdk={sdk}",
        ]
        log = self.folder / "logs" / f"{name}.log"
        return await Child.start([*command, *options], name=name, log=log)


async def _always_serving(timeout_seconds: float) -> Health:
    """A camera has no server to check."""
    return Health.SERVING
