"""Draws an exported model's boxes on some frames of a video, into one picture.

Run as `python -m training.look --help` in the folder above.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from .student import Student
from .video import Picture, read_frames

GREEN = (0, 255, 0)
COLUMNS = 2


def draw(frame: Picture, student: Student, threshold: float) -> Picture:
    """A copy of the frame with the boxes and their scores on it."""
    height, width = frame.shape[:2]
    drawn = frame.copy()
    found = student(frame, threshold)
    corners = (found.boxes * [width, height, width, height]).round().astype(int).tolist()
    for (left, top, right, bottom), score in zip(corners, found.scores, strict=True):
        cv2.rectangle(drawn, (left, top), (right, bottom), GREEN, 2)
        place = (left, max(top - 4, 12))
        cv2.putText(drawn, f"{score:.2f}", place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, GREEN, 1)
    return drawn


def main() -> None:
    """Writes the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--video", type=Path, required=True, help="frames to draw on")
    parser.add_argument("--model", type=Path, required=True, help="ONNX file")
    parser.add_argument("--out", type=Path, required=True, help="PNG file to write")
    parser.add_argument("--threshold", type=float, default=0.4, help="least score drawn")
    parser.add_argument("--every", type=int, default=40, help="frames from one to the next")
    options = parser.parse_args()
    student = Student(options.model)
    frames = list(read_frames(options.video))[:: options.every]
    drawn = [draw(frame, student, options.threshold) for frame in frames]
    drawn = drawn[: max(1, len(drawn) // COLUMNS) * COLUMNS]
    rows = [np.hstack(drawn[start : start + COLUMNS]) for start in range(0, len(drawn), COLUMNS)]
    cv2.imwrite(str(options.out), np.vstack(rows))


if __name__ == "__main__":
    main()
