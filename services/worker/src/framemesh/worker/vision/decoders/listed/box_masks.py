"""Masks that are told over the box of a thing."""

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.modeling.decoders.demand import InputSize
from framemesh.worker.vision.decoders.decoder import Array

MASK_THRESHOLD = 0.5
"""Of the probability that a place belongs to the thing."""

MAX_CANVAS_SIDE = 256
"""Cells a side of the grid that a mask of a box is put on. A hundred of them take 0.1 s at most."""


def over_input(mask: Array, corners: Array, size: InputSize) -> NDArray[np.bool_]:
    """A mask over the whole input, of one over the whole input or over the box with these corners,
    in pixels."""
    if mask.shape == (size.height, size.width):
        return np.asarray(mask >= MASK_THRESHOLD)
    factor = min(1.0, MAX_CANVAS_SIDE / max(size.width, size.height))
    canvas = np.zeros(
        (max(1, round(size.height * factor)), max(1, round(size.width * factor))), np.bool_
    )
    height, width = canvas.shape
    left, top, right, bottom = (float(side) * factor for side in corners)
    columns = np.arange(max(0, int(left)), min(width, int(np.ceil(right))))
    rows = np.arange(max(0, int(top)), min(height, int(np.ceil(bottom))))
    if not (len(columns) and len(rows)):
        return canvas
    across = (columns + 0.5 - left) / (right - left) * mask.shape[1] - 0.5
    down = (rows + 0.5 - top) / (bottom - top) * mask.shape[0] - 0.5
    inside = cv2.remap(
        np.asarray(mask, np.float32),
        np.tile(across.astype(np.float32), (len(rows), 1)),
        np.tile(down.astype(np.float32)[:, None], (1, len(columns))),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = inside >= MASK_THRESHOLD
    return canvas
