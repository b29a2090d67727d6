"""Measures an exported model against its teacher on the part of the video it never saw.

Run as `python -m training.evaluate --help` in the folder above.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .boxes import Detections, Floats, overlap
from .marks import Marks, background, mark
from .settings import Marking, Schedule
from .student import Student
from .teacher import Teacher, class_index
from .video import Picture, read_frames

TEACHER_SCORE = 0.5
MATCH_IOU = 0.5
LOWEST_HEAT = 0.02
"""Detections below end no more than the flat tail of the precision-recall curve."""


@dataclass(frozen=True)
class Ranking:
    """All detections of all frames, best first: `scores` [n], `right` [n]; people to be found."""

    scores: Floats
    right: NDArray[np.bool_]
    people: int

    def average_precision(self) -> float:
        """Area under the precision-recall curve, interpolated at every recall (as VOC 2010)."""
        hits = np.cumsum(self.right)
        precision = hits / np.arange(1, len(hits) + 1)
        ceiling = np.maximum.accumulate(precision[::-1])[::-1]
        return float(ceiling[self.right].sum() / self.people)

    def at(self, threshold: float) -> tuple[float, float, float]:
        """Precision, recall and F1 of the detections with `threshold` at least."""
        chosen = self.right[self.scores >= threshold]
        hits = int(chosen.sum())
        precision = hits / max(1, len(chosen))
        recall = hits / self.people
        return precision, recall, 2 * hits / (len(chosen) + self.people)


def match(found: Detections, people: Floats) -> NDArray[np.bool_]:
    """Which of the detections are right: best first, each takes the free person it covers most."""
    ious = overlap(found.boxes, people)
    right = np.zeros(len(found.boxes), dtype=bool)
    for index in range(len(right) if len(people) else 0):
        person = ious[index].argmax()
        if ious[index, person] >= MATCH_IOU:
            right[index] = True
            ious[:, person] = 0
    return right


def rank(found: Sequence[Detections], people: Sequence[Floats]) -> Ranking:
    """Matches frame by frame, then puts all detections in one order."""
    right = [match(one, other) for one, other in zip(found, people, strict=True)]
    scores = np.concatenate([one.scores for one in found])
    order = np.argsort(-scores, kind="stable")
    return Ranking(scores[order], np.concatenate(right)[order], sum(map(len, people)))


def recode(frame: Picture, quality: int) -> Picture:
    """The frame after JPEG, as it travels in the platform."""
    _, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def report(name: str, ranking: Ranking, thresholds: Sequence[float]) -> None:
    """Prints the measures of one ranking."""
    print(f"{name}: AP50 {ranking.average_precision():.3f} of {ranking.people} boxes")
    for threshold in thresholds:
        precision, recall, f1 = ranking.at(threshold)
        print(f"  at {threshold:.2f}: precision {precision:.3f} recall {recall:.3f} F1 {f1:.3f}")


def hold_out(video: Path, teacher: Teacher) -> tuple[list[Picture], list[Marks]]:
    """The frames not trained on, with marks; the empty street is that of the training frames."""
    frames = list(read_frames(video))
    split = round(len(frames) * Schedule().train_share)
    empty = background(frames[:split])
    tested = frames[split:]
    return tested, [mark(frame, empty, teacher, Marking()) for frame in tested]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--video", type=Path, required=True, help="the video trained on")
    parser.add_argument("--teacher", type=Path, required=True, help="FastestDet ONNX file")
    parser.add_argument("--labels", type=Path, required=True, help="its class names, one a line")
    parser.add_argument("--label", default="person", help="the class learned")
    parser.add_argument("--model", type=Path, required=True, help="ONNX file to measure")
    parser.add_argument("--jpeg", type=int, default=90, help="quality that frames arrive with")
    return parser.parse_args()


def main() -> None:
    """Measures against all that the teacher finds, and against what of it moves."""
    options = arguments()
    teacher = Teacher(options.teacher, class_index(options.labels, options.label))
    student = Student(options.model)
    frames, marks = hold_out(options.video, teacher)
    sure = [one.pick(one.scores > TEACHER_SCORE) for one in marks]
    found = [student(recode(frame, options.jpeg), LOWEST_HEAT) for frame in frames]
    thresholds = np.arange(0.1, 0.71, 0.05).tolist()
    print(f"{len(frames)} frames, JPEG quality {options.jpeg}")
    report("all that the teacher calls a person", rank(found, [m.boxes for m in sure]), thresholds)
    people = [one.boxes[one.moving] for one in sure]
    report("what of it moves, the rest is wrong", rank(found, people), thresholds)


if __name__ == "__main__":
    main()
