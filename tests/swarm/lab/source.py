"""Frames at a rate that may change at any time, from several cameras."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.scaling.run import picture
from framemesh.sdk import AsyncCamera, CameraOptions
from tests.swarm.lab.mesh import mesh

CAMERAS = 4

MAX_PAUSE_SECONDS = 0.1
"""Until a camera notices another rate."""

CLOSE_SECONDS = 60.0


class Source:
    """Sends while it runs, and counts."""

    def __init__(self, pipeline: str, rate: float) -> None:
        self._pipeline = pipeline
        self.rate = rate
        """Frames a second, of all cameras together."""
        self.sent = 0
        self._stopped = asyncio.Event()

    async def _send(self, name: str, image: bytes) -> None:
        async with AsyncCamera(
            mesh().run.ingest,
            pipeline=self._pipeline,
            name=name,
            options=CameraOptions(close_timeout=CLOSE_SECONDS),
        ) as camera:
            due = time.monotonic()
            while not self._stopped.is_set():
                wait = due - time.monotonic()
                if wait > 0:
                    await asyncio.sleep(min(wait, MAX_PAUSE_SECONDS))
                    continue
                await camera.send(image)
                self.sent += 1
                # What is late is not caught up with, as with a camera.
                due = max(due, time.monotonic() - MAX_PAUSE_SECONDS) + CAMERAS / self.rate

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """At the end every frame was acknowledged."""
        image = picture()
        async with asyncio.TaskGroup() as tasks:
            for number in range(CAMERAS):
                tasks.create_task(self._send(f"camera-{number}", image))
            try:
                yield
            finally:
                self._stopped.set()
