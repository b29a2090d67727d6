"""Train the finder of joints on painted arms, and write its ONNX file.

python -m training.pose.train --out arm-pose/1/model.onnx
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from training.pose.data import SIDE_X, SIDE_Y, Small, heat, small, varied
from training.pose.network import Exported, Joints
from training.shared.export import export
from training.shared.samples import kept

PICTURES, EPOCHS, BATCH, RATE = 2000, 8, 8, 4e-3
HILL_WEIGHT = 4
"""Of places near a joint beside those without one, of which there are a hundred times as many:
more makes broad hills, whose tops are in the wrong place."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("data"), help="for the pictures")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    options = parser.parse_args()
    torch.manual_seed(1)
    cv2.setNumThreads(1)
    samples = kept(options.data / "arms.pickle", small, PICTURES, 1)
    joints = trained(samples, options.epochs)
    export(Exported(joints), torch.zeros(1, 3, SIDE_Y, SIDE_X), ["heatmaps"], options.out)


def trained(samples: list[Small], epochs: int) -> Joints:
    random = np.random.default_rng(1)
    joints = Joints().to(memory_format=torch.channels_last)
    steps = epochs * (len(samples) // BATCH)
    optimizer = torch.optim.AdamW(joints.parameters(), RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.15)
    for epoch in range(epochs):
        order = random.permutation(len(samples))
        total = 0.0
        for at in range(0, len(order) - BATCH + 1, BATCH):
            images, heats = _batch(random, [samples[i] for i in order[at : at + BATCH]])
            weight = 1 + HILL_WEIGHT * heats
            error = binary_cross_entropy_with_logits(joints(images), heats, weight)
            optimizer.zero_grad()
            error.backward()
            torch.nn.utils.clip_grad_norm_(joints.parameters(), 5)
            optimizer.step()
            schedule.step()
            total += error.item()
        print(f"epoch {epoch + 1}: {total / (len(order) // BATCH):.5f}", flush=True)
    return joints


def _batch(random: np.random.Generator, some: list[Small]) -> tuple[torch.Tensor, torch.Tensor]:
    made = [varied(random, each) for each in some]
    images = np.stack([image[:, :, ::-1] for image, _, _ in made]).astype(np.float32) / 255
    heats = np.stack([heat(keypoints, seen) for _, keypoints, seen in made])
    return torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(heats)


if __name__ == "__main__":
    main()
