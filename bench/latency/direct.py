"""The direct loop of bench.direct, paced: `python -m bench.latency.direct ADDRESS ...`.

A thread for each camera takes a frame when it is due, decodes it, asks Triton, and decodes the
boxes: what somebody writes who has a camera and a model, and no mesh. Prints as JSON, for each
frame, how many microseconds each of the steps took that a mesh has too.
"""

import argparse
import json
import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import cv2

from bench.direct import Lane, target
from bench.frames import MODEL, jpegs
from bench.latency.pace import CAMERAS, Pace
from framemesh.pixels import prepare

LEAD_SECONDS = 0.2

STEPS = ("queue", "decode", "triton", "outcome")
"""From the due time until the thread has the frame; until its pixels are the model's input; until
Triton has answered; until there are boxes. The names are those of framemesh.core.hops."""


class Loop:
    """One thread, one camera, one request at a time."""

    def __init__(self, lane: Lane, number: int, pace: Pace, images: Sequence[bytes]) -> None:
        self._lane = lane
        self._number = number
        self._pace = pace
        self._images = images
        self.taken: list[tuple[int, ...]] = []
        """Microseconds of each of STEPS, of each frame."""

    def run(self, began: float) -> None:
        for frame in range(self._pace.frames):
            at = began + self._pace.due(self._number, frame)
            if (early := at - time.monotonic()) > 0:
                time.sleep(early)
            times = [at, time.monotonic()]
            number = frame * self._pace.cameras + self._number
            self._lane.prepare(0, self._images[number % len(self._images)])
            times.append(time.monotonic())
            self._lane.call()
            times.append(time.monotonic())
            self._lane.boxes(1)
            times.append(time.monotonic())
            steps = pairwise(times)
            self.taken.append(tuple(round(1e6 * (end - begin)) for begin, end in steps))


def measure(address: str, model: Path, pace: Pace, warm_seconds: float) -> list[tuple[int, ...]]:
    """The frames that were due after the first `warm_seconds`."""
    # As the worker: frames are decoded side by side, so OpenCV's own threads would only compete.
    cv2.setNumThreads(1)
    images, what = jpegs(), target(address, model, prepare)
    lanes = [Lane(what, 1, number) for number in range(pace.cameras)]
    loops = [Loop(lane, number, pace, images) for number, lane in enumerate(lanes)]
    began = time.monotonic() + LEAD_SECONDS
    threads = [threading.Thread(target=loop.run, args=(began,)) for loop in loops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for lane in lanes:
        lane.close()
    return [
        taken
        for number, loop in enumerate(loops)
        for frame, taken in enumerate(loop.taken)
        if pace.due(number, frame) >= warm_seconds
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--model", type=Path, default=MODEL, help="a model folder")
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    parser.add_argument("--rate", type=float, default=60.0, help="frames/s of all together")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--warm-seconds", type=float, default=2.0, help="not measured")
    given = parser.parse_args()
    pace = Pace(given.rate, given.seconds, given.cameras)
    print(json.dumps(measure(given.address, given.model, pace, given.warm_seconds)))


if __name__ == "__main__":
    main()
