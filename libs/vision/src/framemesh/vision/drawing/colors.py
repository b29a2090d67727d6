"""Colors of classes, and of what is written on them. All are BGR."""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.core.detection import ClassArea, RasterKind

Color: TypeAlias = tuple[int, int, int]

DARK: Color = (20, 20, 20)
LIGHT: Color = (250, 250, 250)
NEUTRAL: Color = (225, 225, 225)

PALETTE: tuple[Color, ...] = (
    (80, 220, 60),
    (60, 140, 250),
    (240, 150, 50),
    (200, 70, 220),
    (60, 225, 250),
    (70, 40, 230),
    (230, 220, 60),
    (150, 110, 250),
    (30, 110, 160),
    (140, 140, 20),
    (130, 250, 180),
    (190, 40, 110),
    (20, 130, 130),
    (250, 190, 220),
    (130, 20, 20),
    (180, 220, 255),
    (30, 30, 130),
    (60, 90, 20),
    (190, 250, 210),
    (165, 165, 165),
)
"""The color of a class is at its id modulo their number; neighbours differ in hue or lightness."""

COLOR_MAPS = {
    RasterKind.ANOMALY: cv2.COLORMAP_INFERNO,
    RasterKind.DEPTH: cv2.COLORMAP_VIRIDIS,
}
"""Perceptual ones: equal steps of a value look equal wherever they are on the scale."""


def class_color(class_id: int) -> Color:
    return PALETTE[class_id % len(PALETTE)]


def area_color(area: ClassArea) -> Color:
    """Of the label of a class of a raster."""
    return NEUTRAL if is_background(area) else class_color(area.class_id)


def is_background(area: ClassArea) -> bool:
    """Whether the class is all that is of no interest, which is not colored."""
    return area.label.lower() == "background"


def value_colors(kind: RasterKind, values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """[height, width, 3]: the colors of values [height, width] of a raster that has no classes."""
    color_map = COLOR_MAPS.get(kind, cv2.COLORMAP_VIRIDIS)
    return np.asarray(cv2.applyColorMap(values, color_map), np.uint8)


def value_color(kind: RasterKind, value: int) -> Color:
    """The color of one value, 0 to 255."""
    blue, green, red = value_colors(kind, np.array([[value]], np.uint8))[0, 0].tolist()
    return blue, green, red


def ink(ground: Color) -> Color:
    """What is read on this color: dark on light ones, light on dark ones."""
    blue, green, red = ground
    return DARK if 0.114 * blue + 0.587 * green + 0.299 * red > 110 else LIGHT
