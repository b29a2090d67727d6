"""Cameras that send the clip at a rate: `python -m bench.latency.cameras ADDRESS PIPELINE ...`.

The capture time of a frame is when it was due, so that its age holds what the cameras are late.
Prints a line of JSON at the end: how many frames were accepted, and the CPU of this process.
"""

import argparse
import json
import threading
import time
from dataclasses import asdict, dataclass

from bench.frames import jpegs
from bench.latency.pace import CAMERAS, Pace, wall_clock
from framemesh.sdk import Camera

LEAD_SECONDS = 0.2
"""Between the start of the threads and the first frame."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a process of cameras did."""

    accepted: int
    rejected: int
    cpu_seconds: float


def push(address: str, pipeline: str, pace: Pace) -> Sent:
    """A thread for each camera: an event loop wakes up a millisecond late, whatever the mesh."""
    images = jpegs()
    cameras = [
        Camera(address, pipeline=pipeline, name=f"camera-{number + 1}")
        for number in range(pace.cameras)
    ]
    spent, began = time.process_time(), time.monotonic() + LEAD_SECONDS
    epoch = wall_clock(began)

    def send(number: int) -> None:
        with cameras[number] as camera:
            for frame in range(pace.frames):
                at = pace.due(number, frame)
                if (early := began + at - time.monotonic()) > 0:
                    time.sleep(early)
                camera.send(
                    images[(frame * pace.cameras + number) % len(images)],
                    captured_unix_nano=round((epoch + at) * 1e9),
                )

    threads = [threading.Thread(target=send, args=(number,)) for number in range(pace.cameras)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Sent(
        sum(camera.counts.accepted for camera in cameras),
        sum(camera.counts.rejected for camera in cameras),
        time.process_time() - spent,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("pipeline")
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    parser.add_argument("--rate", type=float, default=60.0, help="frames/s of all together")
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    pace = Pace(given.rate, given.seconds, given.cameras)
    print(json.dumps(asdict(push(given.address, given.pipeline, pace))))


if __name__ == "__main__":
    main()
