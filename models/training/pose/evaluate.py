"""How near the joints that the model finds are, in pictures that it never saw.

python -m training.pose.evaluate [--look OUT.png]
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from training.pose.arms import KEYPOINTS, Sample, sample
from training.pose.data import SIDE_X, SIDE_Y
from training.pose.hall import HEIGHT, WIDTH

PICTURES, SEED = 300, 77
THRESHOLD = 0.3
NEAR = (0.05, 0.1)
"""As a fraction of the length of the upper arm."""
MODEL = Path(__file__).parents[2] / "arm-pose/1/model.onnx"

Array = NDArray[np.floating]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--look", type=Path, help="a few of the pictures, with what was found")
    options = parser.parse_args()
    session = onnxruntime.InferenceSession(options.model)
    random = np.random.default_rng(SEED)
    samples = [sample(random) for _ in range(PICTURES)]
    found = [joints(session, each.image) for each in samples]
    _report(samples, np.stack([at for at, _ in found]), np.stack([score for _, score in found]))
    if options.look:
        pictures = [_drawn(one, *two) for one, two in zip(samples[:6], found[:6], strict=True)]
        cv2.imwrite(
            str(options.look), np.vstack([np.hstack(pictures[:3]), np.hstack(pictures[3:])])
        )


def joints(session: onnxruntime.InferenceSession, image: NDArray[np.uint8]) -> tuple[Array, Array]:
    """[6, 2] in pixels of the picture, and [6] scores: as the decoder `heatmap-pose` reads them."""
    small = cv2.resize(image, (SIDE_X, SIDE_Y))
    rgb = cv2.cvtColor(small, cv2.COLOR_BGR2RGB).astype(np.float32) / 255
    (maps,) = session.run(None, {"images": rgb.transpose(2, 0, 1)[None]})
    found, scores = [], []
    for heat in maps[0]:
        row, column = np.unravel_index(heat.argmax(), heat.shape)
        around = np.pad(heat, 1, mode="edge")
        x = column + 0.25 * np.sign(around[row + 1, column + 2] - around[row + 1, column])
        y = row + 0.25 * np.sign(around[row + 2, column + 1] - around[row, column + 1])
        found.append((x / heat.shape[1] * WIDTH, y / heat.shape[0] * HEIGHT))
        scores.append(heat[row, column])
    return np.array(found), np.array(scores)


def _report(samples: list[Sample], found: Array, scores: Array) -> None:
    true = np.stack([each.keypoints for each in samples])
    seen = np.stack([each.seen for each in samples])
    upper = np.linalg.norm(true[:, 1] - true[:, 2], axis=1)
    distance = np.linalg.norm(found - true, axis=2)
    print(f"{seen.sum()} joints that are seen, {(~seen).sum()} hidden, {len(samples)} pictures")
    for at, name in enumerate((*KEYPOINTS, "all")):
        some = slice(None) if name == "all" else slice(at, at + 1)
        visible = seen[:, some]
        share = (distance / upper[:, None])[:, some][visible]
        near = ", ".join(f"PCK@{limit} {np.mean(share <= limit):.3f}" for limit in NEAR)
        told = scores[:, some][visible] >= THRESHOLD
        hidden = scores[:, some][~visible] < THRESHOLD
        middle = np.median(distance[:, some][visible])
        print(f"{name}: {near}, median {middle:.1f} px, told {told.mean():.3f}", end="")
        print(f", hidden ones not told {hidden.mean():.3f}")


def _drawn(one: Sample, found: Array, scores: Array) -> NDArray[np.uint8]:
    picture = one.image.copy()
    for (x, y), score in zip(found.round().astype(int).tolist(), scores, strict=True):
        if score >= THRESHOLD:
            cv2.circle(picture, (x, y), 5, (60, 220, 80), 2, cv2.LINE_AA)
    return picture


if __name__ == "__main__":
    main()
