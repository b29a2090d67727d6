"""Times an exported model in onnxruntime, and checks that a batch changes no picture's answer.

Run as `python -m training.benchmark --help` in the folder above.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .student import Student
from .video import fit, read_frames

BATCH = 8
ROUNDS = 100


def milliseconds(student: Student, pictures: NDArray[np.uint8]) -> float:
    """Median time for one picture of the batch [batch, height, width, 3]."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        student.run(pictures)
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1000 / len(pictures)


def difference(student: Student, pictures: NDArray[np.uint8]) -> float:
    """Largest change of any number when a picture is answered in a batch and not alone."""
    worst = 0.0
    for start in range(0, len(pictures) - BATCH + 1, BATCH):
        together = student.run(pictures[start : start + BATCH])
        for index in range(BATCH):
            alone = student.run(pictures[start + index : start + index + 1])
            gaps = [np.abs(a[0] - t[index]).max() for a, t in zip(alone, together, strict=True)]
            worst = max(worst, *map(float, gaps))
    return worst


def main() -> None:
    """Prints the times and the difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--video", type=Path, required=True, help="frames to run")
    parser.add_argument("--model", type=Path, required=True, help="ONNX file to time")
    options = parser.parse_args()
    student = Student(options.model, threads=1)
    fitted = [fit(frame, student.width, student.height) for frame in read_frames(options.video)]
    pictures = np.stack(fitted)
    print(f"batch 1: {milliseconds(student, pictures[:1]):.2f} ms a picture, 1 thread")
    print(f"batch {BATCH}: {milliseconds(student, pictures[:BATCH]):.2f} ms a picture, 1 thread")
    print(f"alone or in a batch: largest difference {difference(student, pictures):.1e}")


if __name__ == "__main__":
    main()
