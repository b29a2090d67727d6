"""Trains the detector on the first part of a video and writes it as ONNX.

Run as `python -m training.train --help` in the folder above.
"""

import argparse
import copy
from pathlib import Path

import numpy as np
import torch

from .augment import Sample
from .dataset import Batch, batches, collate, load
from .export import export
from .loss import box_loss, heat_loss
from .network import Detector
from .settings import Grid, Marking, Schedule
from .teacher import Teacher, class_index

AVERAGE_WARMUP = 10
"""Steps until the average keeps half of itself at each step; it starts by keeping little."""


class Trainer:
    """A detector, the running average of its weights, and what moves them."""

    def __init__(self, grid: Grid, schedule: Schedule, steps: int) -> None:
        self._schedule = schedule
        self._network = Detector(grid).to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self._network).eval()
        self._steps = 0
        self._optimizer = torch.optim.AdamW(
            self._network.parameters(), weight_decay=schedule.weight_decay
        )
        self._pace = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, schedule.learning_rate, steps, pct_start=schedule.warmup_share
        )

    def step(self, batch: Batch) -> tuple[float, float]:
        """Learns from one batch; returns the heat's and the boxes' loss."""
        pictures, heat, wanted, weight = batch
        logits, boxes = self._network(pictures)
        of_heat, of_boxes = heat_loss(logits, heat), box_loss(boxes, wanted, weight)
        self._optimizer.zero_grad()
        (of_heat + self._schedule.box_weight * of_boxes).backward()
        self._optimizer.step()
        self._pace.step()
        self._follow()
        return of_heat.item(), of_boxes.item()

    @torch.no_grad()
    def _follow(self) -> None:
        """Moves the average a little towards the network, its batch statistics included.

        Much at first: what the network was before it learned anything shall soon be forgotten.
        """
        self._steps += 1
        decay = min(self._schedule.average_decay, self._steps / (self._steps + AVERAGE_WARMUP))
        average, now = self.average.state_dict(), self._network.state_dict()
        for name, mean in average.items():
            if mean.is_floating_point():
                mean.lerp_(now[name], 1 - decay)


def train(samples: list[Sample], grid: Grid, rule: Marking, schedule: Schedule) -> Detector:
    """The averaged detector after the whole schedule."""
    torch.manual_seed(schedule.seed)
    random = np.random.default_rng(schedule.seed)
    trainer = Trainer(grid, schedule, schedule.epochs * (len(samples) // schedule.batch))
    for epoch in range(schedule.epochs):
        varied = batches(samples, schedule.batch, random)
        losses = [trainer.step(collate(batch, grid, rule)) for batch in varied]
        heat, boxes = np.mean(losses, axis=0)
        print(f"epoch {epoch + 1}/{schedule.epochs} heat {heat:.4f} boxes {boxes:.4f}", flush=True)
    return trainer.average


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--video", type=Path, required=True, help="video of a fixed camera")
    parser.add_argument("--teacher", type=Path, required=True, help="FastestDet ONNX file")
    parser.add_argument("--labels", type=Path, required=True, help="its class names, one a line")
    parser.add_argument("--label", default="person", help="the class to learn")
    parser.add_argument("--out", type=Path, required=True, help="ONNX file to write")
    parser.add_argument("--epochs", type=int, default=Schedule().epochs)
    return parser.parse_args()


def main() -> None:
    """Loads, trains, exports."""
    options = arguments()
    grid, rule, schedule = Grid(), Marking(), Schedule(epochs=options.epochs)
    torch.set_num_threads(schedule.threads)
    torch.use_deterministic_algorithms(True)
    teacher = Teacher(options.teacher, class_index(options.labels, options.label))
    samples = load(options.video, teacher, grid, rule, schedule.train_share)
    export(train(samples, grid, rule, schedule), grid, options.out)


if __name__ == "__main__":
    main()
