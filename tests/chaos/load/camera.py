"""A camera in a process of its own, which may be killed: `python -m tests.chaos.load.camera ...`.

It pushes the files of a folder over and over until SIGTERM, then waits for the last answer.
"""

import argparse
import asyncio
import signal
import sys
import threading
from collections.abc import Iterator
from functools import partial
from itertools import cycle
from pathlib import Path
from unittest.mock import patch

from framemesh.sdk import AsyncCamera, Camera, CameraOptions
from framemesh.sdk.errors import FramemeshSdkError
from tests.chaos.load.camera_log import CLOSED, CameraLog
from tests.chaos.load.recorded_session import RecordedSession

CLOSE_TIMEOUT_SECONDS = 120.0
"""For the last answers; the buffer may be full at that moment, or its broker away."""

CONNECT_TIMEOUT_SECONDS = 60.0
"""Cameras also start while ingest, or its broker, hangs for half a minute."""


def push_from_thread(camera: Camera, images: Iterator[bytes], period: float) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with camera:
        while not stop.wait(period):
            camera.send(next(images))


async def push_from_loop(camera: AsyncCamera, images: Iterator[bytes], period: float) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with camera:
        while not stop.is_set():
            await camera.send(next(images))
            await asyncio.sleep(period)


def push(options: argparse.Namespace) -> None:
    paths = sorted(options.images.iterdir())
    images = cycle([path.read_bytes() for path in paths])
    made = {
        "pipeline": options.pipeline,
        "name": options.name,
        "options": CameraOptions(
            connect_timeout=CONNECT_TIMEOUT_SECONDS, close_timeout=CLOSE_TIMEOUT_SECONDS
        ),
    }
    period = 1 / options.fps
    if options.sdk == "threads":
        push_from_thread(Camera(options.address, **made), images, period)
    else:
        asyncio.run(push_from_loop(AsyncCamera(options.address, **made), images, period))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="host:port of ingest")
    parser.add_argument("pipeline")
    parser.add_argument("name")
    parser.add_argument("--images", type=Path, required=True, help="a folder of frames")
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--fps", type=float, required=True)
    parser.add_argument("--sdk", choices=("threads", "asyncio"), required=True)
    options = parser.parse_args()
    with CameraLog(options.log) as camera_log:
        recorded = partial(RecordedSession, camera_log=camera_log)
        try:
            with patch("framemesh.sdk.session.core.CameraSession", recorded):
                push(options)
        except FramemeshSdkError as error:
            camera_log.ended(f"{type(error).__name__}: {error}")
            return 1
        camera_log.ended(CLOSED)
    return 0


if __name__ == "__main__":
    sys.exit(main())
