"""Samples that are painted once, by all processors, and kept in a file."""

from collections.abc import Callable
from multiprocessing import Pool
from pathlib import Path
from pickle import dumps, loads
from typing import Any

import cv2
import numpy as np

PART = 50
"""Samples that one process paints with one seed."""

Paint = Callable[[np.random.Generator], Any]


def kept(path: Path, paint: Paint, count: int, seed: int) -> list[Any]:
    """`count` samples, of `path` if it is there, else painted and written to it."""
    if path.exists():
        return loads(path.read_bytes())
    parts = [(paint, (seed, number)) for number in range(-(-count // PART))]
    with Pool() as pool:
        samples = [sample for part in pool.imap(_part, parts) for sample in part][:count]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(dumps(samples))
    return samples


def _part(work: tuple[Paint, tuple[int, int]]) -> list[Any]:
    paint, seed = work
    cv2.setNumThreads(1)
    random = np.random.default_rng(seed)
    return [paint(random) for _ in range(PART)]
