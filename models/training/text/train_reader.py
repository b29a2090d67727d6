"""Train the reader of codes on crops of painted labels, and write its ONNX file.

python -m training.text.train_reader --out code-reader/1/model.onnx
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn.functional import cross_entropy

from training.shared.export import export
from training.shared.samples import kept
from training.text.parcels import CloseUp
from training.text.reader import CLASSES, Reader
from training.text.reader_data import HEIGHT, WIDTH, line, varied

BLANK_WEIGHT = 0.7
"""Less than 1: a narrow letter is rather doubled than left out, and doubled ones are read once."""

LINES, EPOCHS, BATCH, RATE = 8000, 9, 32, 5e-3


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("data"), help="for the pictures")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    options = parser.parse_args()
    torch.manual_seed(1)
    cv2.setNumThreads(1)
    lines = kept(options.data / "lines.pickle", line, LINES, 2)
    reader = trained(lines, options.epochs)
    export(reader, torch.zeros(1, 1, HEIGHT, WIDTH), ["logits"], options.out)


def trained(lines: list[CloseUp], epochs: int) -> Reader:
    random = np.random.default_rng(1)
    reader = Reader().to(memory_format=torch.channels_last)
    weight = torch.ones(CLASSES)
    weight[0] = BLANK_WEIGHT
    steps = epochs * (len(lines) // BATCH)
    optimizer = torch.optim.AdamW(reader.parameters(), RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.15)
    for epoch in range(epochs):
        order = random.permutation(len(lines))
        total = 0.0
        for at in range(0, len(order) - BATCH + 1, BATCH):
            pairs = [varied(random, lines[i]) for i in order[at : at + BATCH]]
            images = np.stack([image for image, _ in pairs])[:, None].astype(np.float32) / 255
            classes = torch.from_numpy(np.stack([steps for _, steps in pairs]))
            logits = reader(torch.from_numpy(images))
            error = cross_entropy(logits.flatten(0, 1), classes.flatten(), weight)
            optimizer.zero_grad()
            error.backward()
            torch.nn.utils.clip_grad_norm_(reader.parameters(), 5)
            optimizer.step()
            schedule.step()
            total += error.item()
        print(f"epoch {epoch + 1}: {total / (len(order) // BATCH):.4f}", flush=True)
    return reader


if __name__ == "__main__":
    main()
