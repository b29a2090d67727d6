"""From a video to batches that the network can learn from."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .augment import Sample, augment
from .marks import background, mark
from .settings import Grid, Marking
from .targets import draw
from .teacher import Teacher
from .video import fit, read_frames

Batch = tuple[Tensor, Tensor, Tensor, Tensor]
"""Pictures, heat, boxes and the boxes' weight, each with the batch first."""


def load(video: Path, teacher: Teacher, grid: Grid, rule: Marking, share: float) -> list[Sample]:
    """The first `share` of the video's frames, marked, at the network's size."""
    frames = list(read_frames(video))
    frames = frames[: round(len(frames) * share)]
    empty = background(frames)
    pictures = [fit(frame, grid.width, grid.height) for frame in frames]
    marks = [mark(frame, empty, teacher, rule) for frame in frames]
    return list(zip(pictures, marks, strict=True))


def batches(
    samples: list[Sample], size: int, random: np.random.Generator
) -> Iterator[list[Sample]]:
    """Every sample once, varied and in random order; the rest that fills no batch is left out."""
    count = len(samples) // size
    order = random.permutation(len(samples))[: count * size]
    for chosen in order.reshape(count, size):
        partners = random.integers(len(samples), size=size)
        pairs = zip(chosen, partners, strict=True)
        yield [augment(samples[one], samples[other], random) for one, other in pairs]


def collate(samples: list[Sample], grid: Grid, rule: Marking) -> Batch:
    """The samples and their targets as tensors."""
    targets = [draw(marks, grid, rule) for _, marks in samples]
    arrays = (
        [picture for picture, _ in samples],
        [target.heat for target in targets],
        [target.boxes for target in targets],
        [target.weight for target in targets],
    )
    pictures, heat, boxes, weight = (torch.from_numpy(np.stack(array)) for array in arrays)
    return pictures, heat, boxes, weight
