"""How well the model marks nuclei in pictures that it never saw, and measures their area.

python evaluate.py [--look OUT.png]
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from micrograph import Sample, micrograph
from numpy.typing import NDArray

COUNT = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path(__file__).parent / "1" / "model.onnx")
    parser.add_argument("--look", type=Path, help="a picture of some of them, with their outlines")
    options = parser.parse_args()
    session = onnxruntime.InferenceSession(options.model)
    random = np.random.default_rng(2)
    samples = [micrograph(random) for _ in range(COUNT)]
    masks = [_ask(session, sample) for sample in samples]
    overlaps, errors = [], []
    for sample, mask in zip(samples, masks, strict=True):
        overlaps.append((mask & sample.inside).sum() / (mask | sample.inside).sum())
        errors.append(abs(mask.mean() - sample.inside.mean()) / sample.inside.mean())
    print(f"IoU of the nuclei: {np.mean(overlaps):.3f}, lowest {np.min(overlaps):.3f}")
    print(f"error of their area: {np.median(errors):.1%}, highest {np.max(errors):.1%}")
    if options.look:
        pairs = zip(samples[:8], masks[:8], strict=True)
        pictures = [_drawn(sample, mask) for sample, mask in pairs]
        cv2.imwrite(
            str(options.look), np.vstack([np.hstack(pictures[:4]), np.hstack(pictures[4:])])
        )


def _ask(session: onnxruntime.InferenceSession, sample: Sample) -> NDArray[np.bool_]:
    logits = session.run(None, {"input": sample.image[None, None].astype(np.float32) / 255})[0]
    return np.asarray(logits[0, 0] > 0)


def _drawn(sample: Sample, mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    picture = cv2.cvtColor(sample.image, cv2.COLOR_GRAY2BGR)
    for inside, color in ((sample.inside, (0, 160, 0)), (mask, (0, 80, 255))):
        lines, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(picture, lines, -1, color, 1)
    return np.asarray(picture, np.uint8)


if __name__ == "__main__":
    main()
