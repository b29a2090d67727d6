"""Many cameras of one process: `python -m bench.producers.cameras ADDRESS PIPELINE --cameras N`.

All connect, then all send until the time is over, then all close. It prints a line once all are
connected, and what it came to, as JSON, once the last frame is acknowledged.
"""

import argparse
import asyncio
import json
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import cv2
import numpy as np
import psutil

from framemesh.sdk import AsyncCamera, Camera, CameraOptions

IMAGE_BYTES = 50_000
CONNECTED = "connected"
OPTIONS = CameraOptions(connect_timeout=60.0, close_timeout=120.0)


@dataclass(frozen=True, slots=True)
class Load:
    """What a process of cameras is to do."""

    address: str
    pipeline: str
    cameras: int
    fps: float
    """Of each camera; 0: as fast as it goes."""
    seconds: float
    image_bytes: int = IMAGE_BYTES


@dataclass(frozen=True, slots=True)
class Sent:
    """What it did."""

    accepted: int
    seconds: float
    """From when all were connected until the last frame was acknowledged."""
    cpu_seconds: float
    """Of the process, meanwhile."""
    resident_bytes: int


def image(size: int = IMAGE_BYTES) -> bytes:
    """A JPEG of about `size` bytes: of 480x270 pixels for 50 KB, of fewer for less."""
    scale = min(1.0, math.sqrt(size / IMAGE_BYTES))
    sides = round(270 * scale), round(480 * scale)
    noise = np.random.default_rng(5).integers(0, 255, (*sides, 3), np.uint8)
    picture = cv2.GaussianBlur(noise, (0, 0), 0.9)
    for quality in range(95, 5, -1):
        encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(encoded) <= size:
            return encoded
    raise RuntimeError("no quality makes it so small")


def due(load: Load, number: int, frame: int) -> float:
    """Seconds after the beginning when a frame is sent: cameras take turns."""
    return 0.0 if not load.fps else (frame + number / load.cameras) / load.fps


async def with_tasks(load: Load) -> None:
    """With the face of the SDK for asyncio."""
    picture = image(load.image_bytes)
    cameras = [
        AsyncCamera(load.address, pipeline=load.pipeline, name=f"camera-{n}", options=OPTIONS)
        for n in range(load.cameras)
    ]

    async def send(number: int, camera: AsyncCamera, began: float) -> None:
        frame = 0
        while (now := time.monotonic() - began) < load.seconds:
            if (early := due(load, number, frame) - now) > 0:
                await asyncio.sleep(early)
            await camera.send(picture)
            frame += 1

    for camera in cameras:
        await camera.send(picture)
    while any(camera.counts.pending for camera in cameras):
        await asyncio.sleep(0.01)
    print(CONNECTED, flush=True)
    before, began, spent = _accepted(cameras), time.monotonic(), time.process_time()
    await asyncio.gather(*(send(n, camera, began) for n, camera in enumerate(cameras)))
    while any(camera.counts.pending for camera in cameras):
        await asyncio.sleep(0.01)
    _tell(_sent(_accepted(cameras) - before, began, spent))
    await asyncio.gather(*(camera.close() for camera in cameras))


def with_threads(load: Load) -> None:
    """With that for threads, one for each camera."""
    picture = image(load.image_bytes)
    cameras = [
        Camera(load.address, pipeline=load.pipeline, name=f"camera-{n}", options=OPTIONS)
        for n in range(load.cameras)
    ]

    def send(number: int, camera: Camera, began: float) -> None:
        frame = 0
        while (now := time.monotonic() - began) < load.seconds:
            if (early := due(load, number, frame) - now) > 0:
                time.sleep(early)
            camera.send(picture)
            frame += 1

    for camera in cameras:
        camera.send(picture)
    while any(camera.counts.pending for camera in cameras):
        time.sleep(0.01)
    print(CONNECTED, flush=True)
    before, began, spent = _accepted(cameras), time.monotonic(), time.process_time()
    threads = [
        threading.Thread(target=send, args=(n, camera, began)) for n, camera in enumerate(cameras)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while any(camera.counts.pending for camera in cameras):
        time.sleep(0.01)
    _tell(_sent(_accepted(cameras) - before, began, spent))
    for camera in cameras:
        camera.close()


def _accepted(cameras: Sequence[Camera | AsyncCamera]) -> int:
    return sum(camera.counts.accepted for camera in cameras)


def _sent(accepted: int, began: float, spent: float) -> Sent:
    return Sent(
        accepted,
        time.monotonic() - began,
        time.process_time() - spent,
        psutil.Process().memory_info().rss,
    )


def _tell(sent: Sent) -> None:
    print(json.dumps(asdict(sent)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("pipeline")
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--fps", type=float, default=0.0, help="of each; 0: as fast as it goes")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--threads", action="store_true", help="one for each, instead of asyncio")
    parser.add_argument("--image-bytes", type=int, default=IMAGE_BYTES)
    given = parser.parse_args()
    load = Load(
        given.address,
        given.pipeline,
        given.cameras,
        given.fps,
        given.seconds,
        given.image_bytes,
    )
    if given.threads:
        with_threads(load)
    else:
        asyncio.run(with_tasks(load))


if __name__ == "__main__":
    main()
