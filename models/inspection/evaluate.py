"""How well the model tells defects from good surfaces that it never saw.

python evaluate.py [--look OUT.png]
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from surface import DEFECTS, SIDE, Sample, defective, good

COUNT = 100
"""Pictures of each kind."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path(__file__).parent / "1" / "model.onnx")
    parser.add_argument("--look", type=Path, help="a picture of some of them, with their maps")
    options = parser.parse_args()
    session = onnxruntime.InferenceSession(options.model)
    random = np.random.default_rng(2)
    samples = {"good": [good(random) for _ in range(COUNT)]}
    samples |= {kind: [defective(random, kind) for _ in range(COUNT)] for kind in DEFECTS}
    answers = {kind: [_ask(session, each) for each in some] for kind, some in samples.items()}
    usual = [score for score, _ in answers["good"]]
    print(f"good surfaces with a score of 0.5 or more: {_share(usual):.0%}")
    for kind in DEFECTS:
        scores = [score for score, _ in answers[kind]]
        pairs = zip(samples[kind], answers[kind], strict=True)
        there = np.mean([_at_the_defect(sample, places) for sample, (_, places) in pairs])
        print(
            f"{kind:8} AUROC {_auroc(scores, usual):.3f}, score of 0.5 or more: "
            f"{_share(scores):.0%}, the highest place lies on the defect: {there:.0%}"
        )
    if options.look:
        rows = [
            np.hstack([_drawn(samples[kind][at], answers[kind][at][1]) for at in range(3)])
            for kind in samples
        ]
        cv2.imwrite(str(options.look), np.vstack(rows))


def _ask(
    session: onnxruntime.InferenceSession, sample: Sample
) -> tuple[float, NDArray[np.float32]]:
    rgb = cv2.cvtColor(sample.image, cv2.COLOR_BGR2RGB).astype(np.float32) / 255
    score, places = session.run(None, {"input": rgb.transpose(2, 0, 1)[None]})
    return float(score[0, 0]), places[0, 0]


def _share(scores: list[float]) -> float:
    return float(np.mean(np.array(scores) >= 0.5))


def _auroc(wrong: list[float], usual: list[float]) -> float:
    """The chance that a defective one scores higher than a good one."""
    return float(np.mean(np.array(wrong)[:, None] > np.array(usual)[None, :]))


def _at_the_defect(sample: Sample, places: NDArray[np.float32]) -> bool:
    row, column = np.unravel_index(int(places.argmax()), places.shape)
    middle = (SIDE - (places.shape[0] - 1) * 4) // 2
    y, x = int(row) * 4 + middle, int(column) * 4 + middle
    near = sample.defect[max(0, y - 12) : y + 12, max(0, x - 12) : x + 12]
    return bool(near.any())


def _drawn(sample: Sample, places: NDArray[np.float32]) -> NDArray[np.uint8]:
    levels = (np.clip(places, 0, 1) * 255).astype(np.uint8)
    heat = cv2.applyColorMap(cv2.resize(levels, (SIDE, SIDE)), cv2.COLORMAP_INFERNO)
    return np.asarray(np.hstack([sample.image, heat]), np.uint8)


if __name__ == "__main__":
    main()
