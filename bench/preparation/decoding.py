"""A JPEG decoded into new memory, and into the memory of the one before it, in turns.

    python -m bench.preparation.decoding --turns 9

With the settings of memory that a worker has, and prints the CPU time of a frame.
"""

import argparse
import os
import statistics
import sys
import time

import numpy as np
import simplejpeg

from bench.frames import jpegs
from framemesh.runtime.processes.malloc import MALLOC
from framemesh.vision.arrays import Pixels


def decode(images: list[bytes], buffer: Pixels | None) -> float:
    """Milliseconds of CPU a frame."""
    began = time.thread_time()
    for image in images:
        simplejpeg.decode_jpeg(image, "BGR", buffer=buffer)
    return 1000 * (time.thread_time() - began) / len(images)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=9)
    arguments = parser.parse_args()
    if any(name not in os.environ for name in MALLOC):
        # glibc reads them at the start of a process only.
        command = [sys.executable, "-m", "bench.preparation.decoding", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, **MALLOC})  # noqa: S606
    images = jpegs()
    kept = np.empty_like(simplejpeg.decode_jpeg(images[0], "BGR"))
    decode(images, None)
    pairs = [(decode(images, None), decode(images, kept)) for _ in range(arguments.turns)]
    new, old = (statistics.median(each) for each in zip(*pairs, strict=True))
    share = statistics.median(other / one for one, other in pairs)
    print(f"new memory {new:.2f} ms, kept memory {old:.2f} ms, {share:.3f} times")


if __name__ == "__main__":
    main()
