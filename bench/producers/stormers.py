"""Cameras that all send a frame, and another when a line comes: `python -m bench.producers.stormers
ADDRESS PIPELINE --cameras N`. They print how long that took, as JSON."""

import argparse
import asyncio
import json
import logging
import sys
import time

from bench.producers.cameras import OPTIONS, image
from framemesh.sdk import AsyncCamera


async def each_sends(cameras: list[AsyncCamera], picture: bytes) -> None:
    began, spent = time.monotonic(), time.process_time()
    await asyncio.gather(*(camera.send(picture) for camera in cameras))
    while any(camera.counts.pending for camera in cameras):
        await asyncio.sleep(0.02)
    seconds, cpu = time.monotonic() - began, time.process_time() - spent
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu}), flush=True)


async def run(address: str, pipeline: str, count: int) -> None:
    picture = image()
    cameras = [
        AsyncCamera(address, pipeline=pipeline, name=f"camera-{number}", options=OPTIONS)
        for number in range(count)
    ]
    await each_sends(cameras, picture)
    while await asyncio.to_thread(sys.stdin.readline):
        await each_sends(cameras, picture)
    await asyncio.gather(*(camera.close() for camera in cameras))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("pipeline")
    parser.add_argument("--cameras", type=int, default=1000)
    given = parser.parse_args()
    # A thousand lines about a connection that broke are no part of what is measured.
    logging.disable()
    asyncio.run(run(given.address, given.pipeline, given.cameras))


if __name__ == "__main__":
    main()
