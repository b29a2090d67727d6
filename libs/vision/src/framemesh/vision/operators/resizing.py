"""Gives a frame another size."""

import cv2
import numpy as np

from framemesh.core.pipeline.operators import MAX_SIDE, ResizeSpec
from framemesh.vision.arrays import Pixels


def resized(image: Pixels, spec: ResizeSpec) -> Pixels:
    """The whole image in the size of `spec`; the image itself if it has that size.

    Boxes are fractions of the frame, so they mean the same places before and after.

    Args:
        image: [height, width, channels]. It is not written to.
        spec: the size.
    """
    height, width = image.shape[:2]
    size = (spec.width, spec.height or _in_proportion(spec.width, width, height))
    if size == (width, height):
        return image
    # Means over areas where it becomes smaller: no other way leaves out no pixel.
    shrinks = size[0] <= width and size[1] <= height
    scaled = cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(scaled, np.uint8).reshape(size[1], size[0], *image.shape[2:])


def _in_proportion(wanted: int, width: int, height: int) -> int:
    return min(MAX_SIDE, max(1, round(height * wanted / width)))
