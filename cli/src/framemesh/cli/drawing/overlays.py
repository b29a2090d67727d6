"""Masks and rasters, laid over a picture so that it shines through."""

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.api.common.v1 import outcome_pb2
from framemesh.cli.common.grids import mask_cells, raster_cells
from framemesh.cli.drawing.colors import PALETTE, Color, is_background, value_colors
from framemesh.cli.drawing.pixels import Canvas, Pixels
from framemesh.cli.drawing.window import window_of

MASK_OPACITY = 0.45
CLASSES_OPACITY = 0.5
DEPTH_OPACITY = 0.65
ANOMALY_OPACITY = 0.75
"""Of the most unusual place; what is usual lets the picture through."""


def draw_raster(canvas: Canvas, detection: outcome_pb2.Detection) -> None:
    """Color each place of the detection's box, or of the frame, by its value.

    Raises:
        GridUnreadable: the raster is damaged.
    """
    window = window_of(canvas, detection)
    if window is None:
        return
    raster, cells = detection.raster, raster_cells(detection.raster)
    if raster.kind == outcome_pb2.RASTER_KIND_CLASSES:
        classes = window.sampled(cells, cv2.INTER_NEAREST)
        class_colors = np.asarray(PALETTE, np.uint8)[classes % len(PALETTE)]
        _blend(window.pixels, class_colors, _class_opacity(raster)[classes][..., np.newaxis])
        return
    values = window.sampled(cells, cv2.INTER_LINEAR)
    colors = value_colors(raster.kind, values)
    if raster.kind == outcome_pb2.RASTER_KIND_ANOMALY:
        opacity = values.astype(np.float32)[..., np.newaxis] / 255 * ANOMALY_OPACITY
        _blend(window.pixels, colors, opacity)
    else:
        _blend(window.pixels, colors, DEPTH_OPACITY)


def draw_mask(canvas: Canvas, detection: outcome_pb2.Detection, color: Color) -> None:
    """Tint what belongs to the detection, and draw a line around it.

    Raises:
        GridUnreadable: the mask is damaged.
    """
    window = window_of(canvas, detection)
    if window is None:
        return
    # Between the cells by their neighbours: the edge is smooth however coarse the grid is.
    covered = window.sampled(mask_cells(detection.mask).astype(np.uint8) * 255, cv2.INTER_LINEAR)
    inside = covered > 127
    _blend(window.pixels, np.asarray(color, np.uint8), inside[..., np.newaxis] * MASK_OPACITY)
    edges, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(window.pixels, edges, -1, color, max(1, canvas.line // 2), cv2.LINE_AA)


def _class_opacity(raster: outcome_pb2.Raster) -> NDArray[np.float32]:
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
