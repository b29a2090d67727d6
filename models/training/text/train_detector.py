"""Train the detector of codes on painted parcels, and write its ONNX file.

python -m training.text.train_detector --out parcel-code/1/model.onnx
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch

from training.shared.export import export
from training.shared.samples import kept
from training.text.detector import Detector, Exported, loss
from training.text.detector_data import SIDE_X, SIDE_Y, Small, scene, targets, varied

PICTURES, EPOCHS, BATCH, RATE = 1200, 5, 8, 4e-3


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("data"), help="for the pictures")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    options = parser.parse_args()
    torch.manual_seed(1)
    cv2.setNumThreads(1)
    scenes = kept(options.data / "scenes.pickle", scene, PICTURES, 1)
    detector = trained(scenes, options.epochs)
    example = torch.zeros(1, 3, SIDE_Y, SIDE_X)
    export(Exported(detector), example, ["heatmap", "boxes"], options.out)


def trained(scenes: list[Small], epochs: int) -> Detector:
    random = np.random.default_rng(1)
    detector = Detector().to(memory_format=torch.channels_last)
    steps = epochs * (len(scenes) // BATCH)
    optimizer = torch.optim.AdamW(detector.parameters(), RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.15)
    for epoch in range(epochs):
        order = random.permutation(len(scenes))
        total = 0.0
        for at in range(0, len(order) - BATCH + 1, BATCH):
            images, heats, sides = _batch(random, [scenes[i] for i in order[at : at + BATCH]])
            error = loss(detector(images), heats, sides)
            optimizer.zero_grad()
            error.backward()
            torch.nn.utils.clip_grad_norm_(detector.parameters(), 5)
            optimizer.step()
            schedule.step()
            total += error.item()
        print(f"epoch {epoch + 1}: {total / (len(order) // BATCH):.4f}", flush=True)
    return detector


def _batch(
    random: np.random.Generator, some: list[Small]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    pairs = [varied(random, each) for each in some]
    images = np.stack([image[:, :, ::-1] for image, _ in pairs]).astype(np.float32) / 255
    heats, sides = zip(*(targets(boxes) for _, boxes in pairs), strict=True)
    batch = torch.from_numpy(images).permute(0, 3, 1, 2)
    return batch, torch.from_numpy(np.stack(heats)), torch.from_numpy(np.stack(sides))


if __name__ == "__main__":
    main()
