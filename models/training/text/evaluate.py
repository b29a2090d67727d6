"""How many codes are found, and read right, in pictures that the models never saw.

python -m training.text.evaluate [--look OUT.png]
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from training.text.detector_data import SIDE_X, SIDE_Y
from training.text.labels import ALPHABET
from training.text.parcels import HEIGHT, WIDTH, Sample, parcels
from training.text.reader_data import crop

PICTURES, SEED = 200, 77
LEAST, THRESHOLD, RIGHT_IOU, SAME_IOU = 0.05, 0.4, 0.5, 0.4
MODELS = Path(__file__).parents[2]

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Found:
    box: Array
    """Left, top, right, bottom in pixels of the picture."""
    score: float


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--detector", type=Path, default=MODELS / "parcel-code/1/model.onnx")
    parser.add_argument("--reader", type=Path, default=MODELS / "code-reader/1/model.onnx")
    parser.add_argument("--look", type=Path, help="one of the pictures, with what was found")
    options = parser.parse_args()
    detector = onnxruntime.InferenceSession(options.detector)
    reader = onnxruntime.InferenceSession(options.reader)
    random = np.random.default_rng(SEED)
    samples = [parcels(random) for _ in range(PICTURES)]
    found = [detected(detector, sample.image) for sample in samples]
    _report_boxes(samples, found)
    _report_words(reader, samples, found)
    if options.look:
        cv2.imwrite(str(options.look), _drawn(reader, samples[0], found[0]))


def detected(session: onnxruntime.InferenceSession, image: NDArray[np.uint8]) -> list[Found]:
    """Peaks of the heat, the highest first, without those that overlap a higher one."""
    small = cv2.resize(image, (SIDE_X, SIDE_Y))
    rgb = cv2.cvtColor(small, cv2.COLOR_BGR2RGB).astype(np.float32) / 255
    heat, boxes = session.run(None, {"images": rgb.transpose(2, 0, 1)[None]})
    rows, columns = np.nonzero(heat[0, 0] >= LEAST)
    kept: list[Found] = []
    for at in np.argsort(-heat[0, 0, rows, columns]):
        box = boxes[0, :, rows[at], columns[at]] * (WIDTH, HEIGHT, WIDTH, HEIGHT)
        if all(overlap(box, each.box) < SAME_IOU for each in kept):
            kept.append(Found(box, float(heat[0, 0, rows[at], columns[at]])))
    return kept


def read(session: onnxruntime.InferenceSession, image: NDArray[np.uint8], box: Array) -> str:
    """The likeliest class of each step, without repetitions and blanks."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    prepared = crop(grey, tuple(box.tolist()))[0].astype(np.float32) / 255
    (logits,) = session.run(None, {"images": prepared[None, None]})
    steps = logits[0].argmax(axis=1)
    changed = np.diff(steps, prepend=0) != 0
    return "".join(ALPHABET[each - 1] for each in steps[changed & (steps > 0)])


def overlap(one: Array, other: Array) -> float:
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    inner = float(np.prod(np.maximum(sides, 0)))
    areas = float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]))
    return inner / (areas - inner)


def _matches(sample: Sample, found: list[Found]) -> list[int | None]:
    """Of each found box the code that it is, each code once."""
    free = set(range(len(sample.boxes)))
    matches: list[int | None] = []
    for each in found:
        best = max(free, key=lambda at: overlap(each.box, sample.boxes[at]), default=None)
        right = best is not None and overlap(each.box, sample.boxes[best]) >= RIGHT_IOU
        matches.append(best if right else None)
        free -= {best} if right else set()
    return matches


def _report_boxes(samples: list[Sample], found: list[list[Found]]) -> None:
    rows = [
        (each.score, match is not None)
        for sample, some in zip(samples, found, strict=True)
        for each, match in zip(some, _matches(sample, some), strict=True)
    ]
    codes = sum(len(sample.boxes) for sample in samples)
    right = np.array([is_right for _, is_right in sorted(rows, reverse=True)])
    recall = np.cumsum(right) / codes
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    highest = np.maximum.accumulate(precision[::-1])[::-1]
    average = float(np.sum(np.diff(recall, prepend=0) * highest))
    sure = [is_right for score, is_right in rows if score >= THRESHOLD]
    print(f"{codes} codes in {len(samples)} pictures: AP50 {average:.3f}")
    print(f"at {THRESHOLD}: recall {sum(sure) / codes:.3f}, precision {np.mean(sure):.3f}")


def _report_words(
    reader: onnxruntime.InferenceSession, samples: list[Sample], found: list[list[Found]]
) -> None:
    of_true = [
        (code, read(reader, sample.image, box))
        for sample in samples
        for box, code in zip(sample.boxes, sample.codes, strict=True)
    ]
    of_found = [
        (sample.codes[match], read(reader, sample.image, each.box))
        for sample, some in zip(samples, found, strict=True)
        for each, match in zip(some, _matches(sample, some), strict=True)
        if match is not None and each.score >= THRESHOLD
    ]
    for name, pairs in (("true boxes", of_true), ("found boxes", of_found)):
        exact = np.mean([code == words for code, words in pairs])
        wrong = sum(distance(code, words) for code, words in pairs)
        letters = sum(len(code) for code, _ in pairs)
        print(f"{name}: exact {exact:.3f}, letters wrong {wrong / letters:.4f}")
        print("   ", [pair for pair in pairs if pair[0] != pair[1]][:12])
    all_right = sum(code == words for code, words in of_found)
    print(f"found and read right, of all codes: {all_right / len(of_true):.3f}")


def distance(one: str, other: str) -> int:
    """Letters to change, add or leave out (Levenshtein)."""
    row = list(range(len(other) + 1))
    for down, letter in enumerate(one, start=1):
        diagonal, row[0] = row[0], down
        for across, second in enumerate(other, start=1):
            changed = diagonal + (letter != second)
            diagonal = row[across]
            row[across] = min(changed, row[across] + 1, row[across - 1] + 1)
    return row[-1]


def _drawn(
    reader: onnxruntime.InferenceSession, sample: Sample, found: list[Found]
) -> NDArray[np.uint8]:
    picture = sample.image.copy()
    for each in found:
        left, top, right, bottom = each.box.round().astype(int).tolist()
        cv2.rectangle(picture, (left, top), (right, bottom), (60, 220, 80), 2)
        words = read(reader, sample.image, each.box)
        cv2.putText(picture, words, (left, top - 5), 0, 0.6, (60, 220, 80), 2)
    return picture


if __name__ == "__main__":
    main()
