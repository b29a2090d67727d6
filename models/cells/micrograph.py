"""Pictures of cell nuclei under a fluorescence microscope, made from noise, with their outlines."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 256
MAX_NUCLEI = 24


@dataclass(frozen=True)
class Sample:
    """One picture, and which of its pixels lie in a nucleus."""

    image: NDArray[np.uint8]
    """[height, width], grey."""
    inside: NDArray[np.bool_]
    """[height, width]"""


def micrograph(random: np.random.Generator) -> Sample:
    """Nuclei of uneven brightness over a background of uneven light, out of focus and noisy."""
    inside = np.zeros((SIDE, SIDE), np.uint8)
    light = np.zeros((SIDE, SIDE), np.float32)
    for _ in range(int(random.integers(4, MAX_NUCLEI))):
        center = [int(value) for value in random.integers(0, SIDE, 2)]
        axes = [int(value) for value in random.integers(7, 17, 2)]
        one = np.zeros((SIDE, SIDE), np.uint8)
        cv2.ellipse(one, center, axes, random.uniform(0, 180), 0, 360, 1, -1)
        inside |= one
        light = np.maximum(light, one * np.float32(random.uniform(35, 150)))
    texture = cv2.GaussianBlur(random.normal(1, 0.9, (SIDE, SIDE)), (0, 0), 3)
    haze = cv2.GaussianBlur(random.normal(0, 1, (SIDE, SIDE)), (0, 0), 50)
    haze = 22 + 18 * (haze - haze.min()) / (np.ptp(haze) + 1e-9)
    seen = cv2.GaussianBlur(light * texture, (0, 0), random.uniform(0.8, 2.0)) + haze
    noisy = random.poisson(np.clip(seen, 0, None) * 2.0) / 2.0
    return Sample(np.clip(noisy, 0, 255).astype(np.uint8), inside.astype(bool))
