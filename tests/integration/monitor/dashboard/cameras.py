"""Cameras that send frames, and come to outcomes at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache

import cv2
import numpy as np

from framemesh.core.detection import Box, Detection
from framemesh.core.frame import FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.publish.publisher import publisher
from framemesh.runtime.messages import outcome_message
from framemesh.runtime.processes.ports import free_block
from framemesh.sdk import AsyncCamera
from tests.integration.services.running import ingest

WIDTH, HEIGHT = 1280, 720
FRAME_SECONDS = 0.1
SHADES = 200

Fates = Callable[[int], Fate]


@cache
def gray(brightness: int) -> bytes:
    pixels = np.full((HEIGHT, WIDTH, 3), brightness, np.uint8)
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def image(sequence: int) -> bytes:
    """A picture that tells its sequence number by its brightness."""
    return gray(shade(sequence))


def shade(sequence: int) -> int:
    return 20 + sequence % SHADES


def outcome(frame: FrameId, fate: Fate) -> Outcome:
    """With a box that tells the frame's sequence number by its place."""
    box = Box(frame.sequence / 10_000, 0.25, 0.5, 0.75)
    return Outcome(
        frame=frame,
        pipeline="street",
        fate=fate,
        captured_unix_nano=1_000_000_000,
        completed_unix_nano=2_000_000_000,
        completed_by="test",
        width=WIDTH,
        height=HEIGHT,
        detections=(Detection("people", "person", 0, 0.9, box),) if fate is Fate.DONE else (),
    )


Sending = Callable[..., AbstractAsyncContextManager[None]]


@asynccontextmanager
async def fast_cameras(nats_url: str, nats_broker: Broker) -> AsyncIterator[Sending]:
    """Starts a camera whose frames come to an outcome at once, as with a fast worker."""
    address = f"127.0.0.1:{free_block(1)}"
    async with ingest(nats_url, address), publisher(nats_broker) as publish:
        writer = ReliableWriter(publish)

        async def send(name: str, fate: Fates) -> None:
            async with AsyncCamera(address, pipeline="street", name=name) as camera:
                while True:
                    coming = image(camera.counts.offered + 1)
                    sequence = await camera.send(coming)
                    frame = FrameId(name, camera.session, sequence)
                    await writer.write(outcome_message.to_message(outcome(frame, fate(sequence))))
                    await asyncio.sleep(FRAME_SECONDS)

        @asynccontextmanager
        async def sending(*names: str, fate: Fates = lambda _: Fate.DONE) -> AsyncIterator[None]:
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(send(name, fate)) for name in names]
                try:
                    yield
                finally:
                    for task in running:
                        task.cancel()

        yield sending
