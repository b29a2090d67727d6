"""Makes parts of a frame unrecognisable."""

from collections.abc import Iterable

import cv2
import numpy as np

from framemesh.core.detection import Box
from framemesh.core.pipeline.operators import BlurSpec
from framemesh.vision.arrays import Pixels

MOST_CELLS = 12
"""Along the longer side of a box, at strength 0. Of 12 x 12 cells nobody knows a face again, and
a number plate has three rows of them."""

MARGIN = 0.1
"""Around each box, as a fraction of its sides: models cut off hair, chins and edges."""


def blurred(image: Pixels, boxes: Iterable[Box], spec: BlurSpec) -> Pixels:
    """The image with a mosaic over each box and a margin around it; all else is as it was.

    A cell has the mean colour of what lies under it, so what is between is lost and cannot be
    computed back, as it can be from what was merely smoothed. Boxes that overlap do not weaken one
    another. The image itself is not written to; where nothing is to be blurred it is what is given
    back.

    Args:
        image: [height, width, channels].
        boxes: in fractions of the frame; they may reach beyond it.
        spec: how coarse the mosaic is.
    """
    height, width = image.shape[:2]
    blurred = image
    for box in boxes:
        rows, columns = _pixels(box, width, height)
        under = image[rows, columns]
        if not under.size:
            continue
        if blurred is image:
            blurred = image.copy()
        blurred[rows, columns] = _mosaic(under, spec)
    return blurred


def _pixels(box: Box, width: int, height: int) -> tuple[slice, slice]:
    """Rows and columns of the box with its margin: each pixel of which a part lies in it."""
    across, down = MARGIN * (box.right - box.left), MARGIN * (box.bottom - box.top)
    return (
        _covered((box.top - down) * height, (box.bottom + down) * height, height),
        _covered((box.left - across) * width, (box.right + across) * width, width),
    )


def _covered(start: float, end: float, side: int) -> slice:
    first, last = np.clip((np.floor(start), np.ceil(end)), 0, side)
    return slice(int(first), int(last))


def _mosaic(under: Pixels, spec: BlurSpec) -> Pixels:
    height, width = under.shape[:2]
    most = max(1, round(MOST_CELLS * (1 - spec.strength)))
    cells = most / max(width, height)
    columns, rows = (min(side, max(1, round(side * cells))) for side in (width, height))
    small = cv2.resize(under, (columns, rows), interpolation=cv2.INTER_AREA)
    mosaic = cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(mosaic, np.uint8).reshape(under.shape)
