"""Pictures that tell their number, also after a video was made of them."""

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 128, 96
BITS = 9
BLOCK = 14
"""Pixels of a bit; they stand in the lowest rows, where no detection is drawn."""

STRIP = 8


def numbered(number: int) -> bytes:
    """A JPEG, grey but for the bits of its number."""
    picture = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    for bit in range(BITS):
        value = 255 if number >> bit & 1 else 0
        picture[HEIGHT - STRIP :, bit * BLOCK : (bit + 1) * BLOCK] = value
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1])


def number_of(picture: NDArray[np.uint8]) -> int:
    """The number in a picture that `numbered` made."""
    strip = picture[HEIGHT - STRIP + 2 : HEIGHT - 2]
    return sum(
        1 << bit
        for bit in range(BITS)
        if strip[:, bit * BLOCK + 3 : (bit + 1) * BLOCK - 3].mean() > 128
    )
