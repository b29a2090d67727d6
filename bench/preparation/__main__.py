"""From decoded pixels to a model's input: OpenCV's passes beside the one of the native library.

    python -m bench.preparation --turns 9 --frames 40

Both in turns. Prints the CPU time of a frame, as the median of the turns, and the median of their
ratios.
"""

import argparse
import statistics
import time
from dataclasses import dataclass
from itertools import cycle, islice

import cv2
import numpy as np
import simplejpeg

from bench.frames import jpegs
from framemesh.modeling.manifest import Color, DType, Fit, InputSpec, Interpolation, Layout
from framemesh.pixels import MISSING, Prepare, opencv, prepare
from framemesh.vision.arrays import Pixels
from framemesh.vision.preprocess import Preprocessor

PLANES = InputSpec(
    *("in", 352, 352),
    interpolation=Interpolation.AREA,
    color=Color.BGR,
    scale=1 / 255,
)
BYTES = InputSpec(
    *("in", 416, 416),
    interpolation=Interpolation.AREA,
    color=Color.BGR,
    layout=Layout.NHWC,
    dtype=DType.UINT8,
)


@dataclass(frozen=True, slots=True)
class Case:
    """An image of this size, of which a crop is taken, for this input."""

    words: str
    size: tuple[int, int]
    spec: InputSpec
    crop: tuple[slice, slice] = (slice(None), slice(None))


CASES = (
    Case("768x576 to 352x352, planes of float32", (768, 576), PLANES),
    Case("1920x1080 to 640x640, planes of float32", (1920, 1080), PLANES.of_size(640, 640)),
    Case("1280x720 to 416x416, bytes", (1280, 720), BYTES),
    Case(
        "a crop of 120x300 to 64x128, planes of float32",
        (768, 576),
        PLANES.of_size(64, 128),
        (slice(200, 500), slice(300, 420)),
    ),
    Case(
        "1280x720 to 640x640 letterboxed, linear, planes of float32",
        (1280, 720),
        InputSpec("in", 640, 640, Fit.LETTERBOX, scale=1 / 255),
    ),
)


def pictures(case: Case) -> list[Pixels]:
    """Frames of the clip in the size of the case."""
    decoded = (simplejpeg.decode_jpeg(one, "BGR") for one in jpegs()[::50])
    return [np.asarray(cv2.resize(one, case.size), np.uint8)[case.crop] for one in decoded]


def turn(case: Case, images: list[Pixels], frames: int, prepare: Prepare) -> float:
    """Milliseconds of CPU a frame."""
    preprocessor = Preprocessor(case.spec, prepare)
    out = np.zeros(case.spec.shape, str(case.spec.dtype))
    preprocessor.write(images[0], out)
    began = time.thread_time()
    for image in islice(cycle(images), frames):
        preprocessor.write(image, out)
    return 1000 * (time.thread_time() - began) / frames


def compare(case: Case, turns: int, frames: int) -> None:
    images = pictures(case)
    pairs = [
        (turn(case, images, frames, opencv.prepare), turn(case, images, frames, prepare))
        for _ in range(turns)
    ]
    before, now = (statistics.median(each) for each in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"{case.words:60} {before:8.2f} {now:8.2f} {ratio:6.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--frames", type=int, default=40, help="of each case in a turn")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    if MISSING:
        parser.error(f"the native library {MISSING}")
    print(f"{'ms of CPU a frame':60} {'OpenCV':>8} {'native':>8} {'times':>6}")
    for case in CASES:
        compare(case, arguments.turns, arguments.frames)


if __name__ == "__main__":
    main()
