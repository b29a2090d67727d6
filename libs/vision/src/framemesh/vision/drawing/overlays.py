"""Masks and rasters, laid over a picture so that it shines through."""

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.core.detection import Detection, Raster, RasterKind
from framemesh.vision.drawing.colors import PALETTE, Color, is_background, value_colors
from framemesh.vision.drawing.grids import mask_cells, raster_cells
from framemesh.vision.drawing.pixels import Canvas, Pixels
from framemesh.vision.drawing.window import window_of

MASK_OPACITY = 0.45
CLASSES_OPACITY = 0.5
DEPTH_OPACITY = 0.65
ANOMALY_OPACITY = 0.75
"""Of the most unusual place; what is usual lets the picture through."""


def draw_raster(canvas: Canvas, detection: Detection) -> None:
    """Color each place of the detection's box, or of the frame, by its value.

    Raises:
        GridUnreadable: the raster is damaged.
    """
    window, raster = window_of(canvas, detection), detection.raster
    if window is None or raster is None:
        return
    cells = raster_cells(raster)
    if raster.kind == RasterKind.CLASSES:
        classes = window.sampled(cells, cv2.INTER_NEAREST)
        class_colors = np.asarray(PALETTE, np.uint8)[classes % len(PALETTE)]
        _blend(window.pixels, class_colors, _class_opacity(raster)[classes][..., np.newaxis])
        return
    values = window.sampled(cells, cv2.INTER_LINEAR)
    colors = value_colors(raster.kind, values)
    if raster.kind == RasterKind.ANOMALY:
        opacity = values.astype(np.float32)[..., np.newaxis] / 255 * ANOMALY_OPACITY
        _blend(window.pixels, colors, opacity)
    else:
        _blend(window.pixels, colors, DEPTH_OPACITY)


def draw_mask(canvas: Canvas, detection: Detection, color: Color) -> None:
    """Tint what belongs to the detection, and draw a line around it.

    Raises:
        GridUnreadable: the mask is damaged.
    """
    window, mask = window_of(canvas, detection), detection.mask
    if window is None or mask is None:
        return
    # Between the cells by their neighbours: the edge is smooth however coarse the grid is.
    covered = window.sampled(mask_cells(mask).astype(np.uint8) * 255, cv2.INTER_LINEAR)
    inside = covered > 127
    _blend(window.pixels, np.asarray(color, np.uint8), inside[..., np.newaxis] * MASK_OPACITY)
    edges, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(window.pixels, edges, -1, color, max(1, canvas.line // 2), cv2.LINE_AA)


def _class_opacity(raster: Raster) -> NDArray[np.float32]:
    """[256]: of each class."""
    opacity = np.full(256, CLASSES_OPACITY, np.float32)
    for area in raster.areas:
        if is_background(area) and area.class_id < len(opacity):
            opacity[area.class_id] = 0
    return opacity


def _blend(
    pixels: Pixels, colors: NDArray[np.uint8], opacity: float | NDArray[np.floating]
) -> None:
    share = np.asarray(opacity, np.float32)
    pixels[:] = np.rint(pixels * (1 - share) + colors * share).astype(np.uint8)
