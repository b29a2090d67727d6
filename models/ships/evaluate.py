"""How many ships the model finds in pictures that it never saw, and how well its boxes fit.

python evaluate.py [--look OUT.png]
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from harbour import Sample, harbour
from make_model import SIDE
from numpy.typing import NDArray

COUNT, SHIPS = 40, 30
THRESHOLD, SAME_IOU, RIGHT_IOU = 0.7, 0.4, 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path(__file__).parent / "1" / "model.onnx")
    parser.add_argument("--look", type=Path, help="one of the pictures, with true and found boxes")
    options = parser.parse_args()
    session = onnxruntime.InferenceSession(options.model)
    random = np.random.default_rng(2)
    samples = [harbour(random, SIDE, SIDE, SHIPS) for _ in range(COUNT)]
    found = [_ask(session, sample) for sample in samples]
    overlaps = np.concatenate(
        [_best_overlaps(sample.boxes, boxes) for sample, boxes in zip(samples, found, strict=True)]
    )
    right, there = int((overlaps >= RIGHT_IOU).sum()), sum(len(boxes) for boxes in found)
    print(f"recall {right / len(overlaps):.3f}, precision {right / there:.3f} at an IoU of 0.5")
    print(f"IoU of the ships that were found: {overlaps[overlaps >= RIGHT_IOU].mean():.3f}")
    if options.look:
        cv2.imwrite(str(options.look), _drawn(samples[0], found[0]))


def _ask(session: onnxruntime.InferenceSession, sample: Sample) -> NDArray[np.float64]:
    """[ships, 4] in pixels: peaks of the heat, without those that overlap a better one."""
    rgb = cv2.cvtColor(sample.image, cv2.COLOR_BGR2RGB).astype(np.float32) / 255
    heat, boxes = session.run(None, {"images": rgb.transpose(2, 0, 1)[None]})
    rows, columns = np.nonzero(heat[0, 0] >= THRESHOLD)
    order = np.argsort(-heat[0, 0, rows, columns])
    kept: list[NDArray[np.float64]] = []
    for box in boxes[0][:, rows, columns].T[order] * SIDE:
        if not kept or _overlaps(box, np.array(kept)).max() < SAME_IOU:
            kept.append(box)
    return np.array(kept, np.float64).reshape(-1, 4)


def _best_overlaps(ships: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """[ships]: the highest IoU with a box, each box for one ship alone."""
    best, free = np.zeros(len(ships)), np.ones(len(boxes), bool)
    for at, ship in enumerate(ships):
        overlaps = np.where(free, _overlaps(ship, boxes), 0)
        if overlaps.size and overlaps.max() >= RIGHT_IOU:
            best[at] = overlaps.max()
            free[overlaps.argmax()] = False
    return best


def _overlaps(one: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    sides = np.minimum(one[2:], others[:, 2:]) - np.maximum(one[:2], others[:, :2])
    inner = np.prod(np.maximum(sides, 0), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
    return np.asarray(inner / (np.prod(one[2:] - one[:2]) + areas - inner))


def _drawn(sample: Sample, boxes: NDArray[np.float64]) -> NDArray[np.uint8]:
    picture = sample.image.copy()
    for some, color in ((sample.boxes, (0, 160, 0)), (boxes, (0, 80, 255))):
        for left, top, right, bottom in some.round().astype(int).tolist():
            cv2.rectangle(picture, (left, top), (right, bottom), color, 1)
    return picture


if __name__ == "__main__":
    main()
