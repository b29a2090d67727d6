"""Pictures of frames as pixels, and back. All of it blocks."""

import cv2
import numpy as np
from numpy.typing import NDArray

from framemesh.pixels import scaled

Pixels = NDArray[np.uint8]
"""[height, width, 3] of uint8, BGR."""


def decoded(image: bytes) -> Pixels | None:
    """Upright and in color; None: it cannot be decoded."""
    found = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
    return None if found is None else np.asarray(found, np.uint8)


def fitted(picture: Pixels, longest: int) -> Pixels:
    """With sides of at most `longest` pixels, and even ones, as video encoders want them."""
    height, width = picture.shape[:2]
    scale = min(1.0, longest / max(height, width))
    size = (max(2, round(width * scale) // 2 * 2), max(2, round(height * scale) // 2 * 2))
    if size == (width, height):
        return picture
    return scaled(picture, *size)
