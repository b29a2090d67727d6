"""What the reader of codes learns from: crops of close-ups, prepared as framemesh does it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from training.text.labels import ALPHABET
from training.text.parcels import CloseUp, close_up

WIDTH, HEIGHT = 192, 24
"""Of the input."""
STEP = 4
"""Columns of the input for each step of the answer."""
MARGIN = 0.15
"""Around a box, as a fraction of its shorter side: `crop_margin` of the stage."""
FILL = 114
LETTER_SHARE = 0.25
"""Of the distance of two letters: so near to its middle a step is the letter, else blank."""


def line(random: np.random.Generator) -> CloseUp:
    made = close_up(random)
    grey = cv2.cvtColor(made.image, cv2.COLOR_BGR2GRAY)
    return CloseUp(grey, made.box, made.code, made.middles)


def crop(
    image: NDArray[np.uint8], box: tuple[float, ...]
) -> tuple[NDArray[np.uint8], float, float]:
    """[HEIGHT, WIDTH]: the box with its margin, scaled into the upper left of the input; the column
    of the image that is its left, and the scale."""
    left, top, right, bottom = box
    margin = MARGIN * min(right - left, bottom - top)
    high, wide = image.shape
    x0, x1 = (min(wide, max(0, round(side))) for side in (left - margin, right + margin))
    y0, y1 = (min(high, max(0, round(side))) for side in (top - margin, bottom + margin))
    part = image[y0 : max(y1, y0 + 2), x0 : max(x1, x0 + 2)]
    scale = min(WIDTH / part.shape[1], HEIGHT / part.shape[0])
    size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    prepared = np.full((HEIGHT, WIDTH), FILL, np.uint8)
    prepared[: size[1], : size[0]] = cv2.resize(part, size)
    return prepared, x0, scale


def varied(
    random: np.random.Generator, sample: CloseUp
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """A crop whose box is as wrong as a detector's, and the class of each step (0 is blank)."""
    height = sample.box[3] - sample.box[1]
    wrong = random.normal(0, 0.07 * height, 4).clip(-0.2 * height, 0.2 * height)
    prepared, left, scale = crop(sample.image, tuple(np.array(sample.box) + wrong))
    lit = prepared * random.uniform(0.75, 1.25) + random.uniform(-20, 20)
    middles = (np.array(sample.middles) - left) * scale / STEP - 0.5
    return np.clip(lit, 0, 255).astype(np.uint8), _steps(middles, sample.code)


def _steps(middles: NDArray[np.float64], code: str) -> NDArray[np.int64]:
    """[WIDTH // STEP]: the class of each step. A letter has one step at least, and a blank stands
    between two that are the same."""
    classes = np.zeros(WIDTH // STEP, np.int64)
    between = np.diff(middles, prepend=middles[0] - 4, append=middles[-1] + 4)
    for number, (middle, letter) in enumerate(zip(middles, code, strict=True)):
        reach = LETTER_SHARE * min(between[number], between[number + 1])
        first, last = np.ceil(middle - reach), np.floor(middle + reach)
        if last < first:
            first = last = round(middle)
        classes[max(0, int(first)) : max(0, int(last) + 1)] = 1 + ALPHABET.index(letter)
    return classes
