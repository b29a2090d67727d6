"""Pictures of a brushed metal surface, good and with defects, made from noise."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""[height, width, 3], blue first."""

SIDE = 256
DEFECTS = ("scratch", "spot", "dent")


@dataclass(frozen=True)
class Sample:
    """One picture, and where its defect is."""

    image: Image
    defect: NDArray[np.bool_]
    """[height, width]; nothing is set in a good one."""
    kind: str
    """One of DEFECTS, or "good"."""


def good(random: np.random.Generator) -> Sample:
    """A surface without a defect: strokes of a brush, and light from one side."""
    strokes = cv2.GaussianBlur(random.normal(0, 1, (SIDE, SIDE)), (0, 0), sigmaX=9, sigmaY=0.7)
    grain = random.normal(0, 1, (SIDE, SIDE))
    across, down = np.meshgrid(np.linspace(-1, 1, SIDE), np.linspace(-1, 1, SIDE))
    angle = random.uniform(0, 2 * np.pi)
    light = 12 * (np.cos(angle) * across + np.sin(angle) * down)
    grey = 135 + random.normal(0, 4) + light + 55 * strokes + 2.5 * grain
    tinted = grey[:, :, None] * np.array([1.02, 1.0, 0.97])
    image = np.clip(tinted, 0, 255).astype(np.uint8)
    return Sample(image, np.zeros((SIDE, SIDE), bool), "good")


def defective(random: np.random.Generator, kind: str) -> Sample:
    """The same with one defect of a kind."""
    base = good(random)
    strength = np.zeros((SIDE, SIDE), np.float32)
    x, y = (int(value) for value in random.integers(40, SIDE - 40, 2))
    if kind == "scratch":
        angle, length = random.uniform(0.3, 2.8), random.uniform(25, 80)
        end = (int(x + np.cos(angle) * length), int(y + np.sin(angle) * length))
        cv2.line(strength, (x, y), end, 1.0, int(random.integers(1, 3)), cv2.LINE_AA)
        change = random.choice([-1, 1]) * random.uniform(12, 60)
    elif kind == "spot":
        cv2.circle(strength, (x, y), int(random.integers(4, 10)), 1.0, -1, cv2.LINE_AA)
        change = -random.uniform(8, 50)
    else:
        size = (int(random.integers(8, 18)), int(random.integers(8, 18)))
        cv2.ellipse(strength, (x, y), size, random.uniform(0, 180), 0, 360, 1.0, -1, cv2.LINE_AA)
        # Light on one side of a dent and shadow on the other.
        strength = cv2.GaussianBlur(strength, (0, 0), 2)
        strength = 2 * cv2.Sobel(strength, cv2.CV_32F, 1, 0)
        change = random.choice([-1, 1]) * random.uniform(8, 40)
    pixels = base.image + (change * strength)[:, :, None]
    return Sample(np.clip(pixels, 0, 255).astype(np.uint8), np.abs(strength) > 0.2, kind)
