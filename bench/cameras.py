"""Cameras that push the clip as fast as their credit allows: `python -m bench.cameras ADDRESS ...`.

Prints the CPU seconds of the cameras, without those for encoding the JPEGs.
"""

import argparse
import threading
import time

from bench.frames import jpegs
from framemesh.sdk import Camera


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("pipeline")
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--frames", type=int, default=200, help="of each camera")
    arguments = parser.parse_args()
    images = jpegs()

    def push(name: str) -> None:
        with Camera(arguments.address, pipeline=arguments.pipeline, name=name) as camera:
            for number in range(arguments.frames):
                camera.send(images[number % len(images)])

    threads = [
        threading.Thread(target=push, args=(f"camera-{number + 1}",))
        for number in range(arguments.cameras)
    ]
    began = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(time.process_time() - began)


if __name__ == "__main__":
    main()
