"""Satellite pictures of ships on the sea, made from noise, with the ships' boxes."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sample:
    """One picture, and the ships in it."""

    image: NDArray[np.uint8]
    """[height, width, 3], blue first."""
    boxes: NDArray[np.float64]
    """[ships, 4]: left, top, right, bottom in pixels."""


def harbour(random: np.random.Generator, width: int, height: int, ships: int) -> Sample:
    """A sea with waves, glints and clouds, and ships of 12 to 34 pixels with short wakes."""
    waves = cv2.GaussianBlur(random.normal(0, 1, (height, width)), (0, 0), sigmaX=4, sigmaY=1.2)
    swell = _blurred(random, width, height, 60)
    clouds = np.maximum(_blurred(random, width, height, 90) - 1.3, 0) * 60
    light = 52 + 26 * waves + 9 * swell + random.normal(0, 3, (height, width))
    picture = light[:, :, None] * np.array([1.15, 0.95, 0.62]) + clouds[:, :, None]
    glints = random.random((height, width)) > 0.9996
    picture[glints] += 70
    boxes = [_draw_ship(random, picture) for _ in range(ships)]
    sharp = np.clip(cv2.GaussianBlur(picture, (0, 0), 0.8), 0, 255).astype(np.uint8)
    return Sample(sharp, np.array(boxes, np.float64).reshape(-1, 4))


def _blurred(
    random: np.random.Generator, width: int, height: int, sigma: int
) -> NDArray[np.float64]:
    """Noise of mean 0 and deviation 1 without detail below `sigma` pixels."""
    small = (max(8, 4 * width // sigma), max(8, 4 * height // sigma))
    coarse = cv2.GaussianBlur(random.normal(0, 1, small[::-1]), (0, 0), 2)
    wide = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray((wide - wide.mean()) / wide.std())


def _draw_ship(
    random: np.random.Generator, picture: NDArray[np.float64]
) -> tuple[int, int, int, int]:
    height, width = picture.shape[:2]
    length = random.uniform(6, 17)
    beam, angle = length * random.uniform(0.25, 0.4), random.uniform(0, 180)
    x, y = random.uniform(20, width - 20), random.uniform(20, height - 20)
    hull = np.zeros((height, width), np.uint8)
    center, axes = (round(x), round(y)), (round(length), max(2, round(beam)))
    cv2.ellipse(hull, center, axes, angle, 0, 360, 1, -1)
    left, top, across, down = cv2.boundingRect(hull)
    area = np.s_[top : top + down, left : left + across]
    color = random.uniform(120, 235) * random.uniform(0.85, 1.1, 3)
    inside = hull[area][:, :, None] * 0.9
    picture[area] = picture[area] * (1 - inside) + color * inside
    bow = np.deg2rad(angle)
    for step in range(int(length * 0.8), int(length * 2)):
        at = (round(y + np.sin(bow) * step), round(x + np.cos(bow) * step))
        if 0 <= at[0] < height and 0 <= at[1] < width:
            picture[at] += 35 * (1 - step / (length * 2))
    return left, top, left + across, top + down
