"""The part of a picture that lies under the grid of a mask or a raster."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.core.detection import Box, Detection
from framemesh.vision.drawing.pixels import Canvas, Pixels

WHOLE = Box(left=0, top=0, right=1, bottom=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a picture, and where the grid over it lies."""

    pixels: Pixels
    """A view of the picture."""
    grid: tuple[float, float, float, float]
    """Left, top, width and height of the grid in pixels of the view; it may reach beyond it."""

    def sampled(self, cells: NDArray[np.uint8], interpolation: int) -> NDArray[np.uint8]:
        """[height, width] of the view: the value of the grid at each pixel."""
        left, top, width, height = self.grid
        rows, columns = cells.shape
        across, down = columns / width, rows / height
        # From the center of a pixel to the center of a cell.
        to_cell = np.array(
            [
                [across, 0, (0.5 - left) * across - 0.5],
                [0, down, (0.5 - top) * down - 0.5],
            ]
        )
        view_height, view_width = self.pixels.shape[:2]
        sampled = cv2.warpAffine(
            cells,
            to_cell,
            (view_width, view_height),
            flags=interpolation | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(sampled, np.uint8)


def window_of(canvas: Canvas, detection: Detection) -> Window | None:
    """The picture under the detection's box, or all of it; None where nothing is under it."""
    box = detection.box if detection.box is not None else WHOLE
    (left, top), (right, bottom) = canvas.corners(box)
    left, top = max(0, left), max(0, top)
    pixels = canvas.pixels[top : max(0, bottom), left : max(0, right)]
    if not pixels.size:
        return None
    width, height = canvas.width, canvas.height
    grid = (
        box.left * width - left,
        box.top * height - top,
        (box.right - box.left) * width,
        (box.bottom - box.top) * height,
    )
    return Window(pixels, grid)
