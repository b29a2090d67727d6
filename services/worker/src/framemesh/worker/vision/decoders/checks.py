"""Whether the values of a model are what its decoder takes them for.

A score that is a logit, or a box in the wrong unit, would give wrong boxes or none, in silence.
"""

import numpy as np
from numpy.typing import NDArray

from framemesh.modeling.decoders.demand import InputSize
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.vision.decoders.decoder import Array

PROBABILITY_TOLERANCE = 0.01
"""How far beyond 0 and 1 a probability may lie: float16 rounds by less."""

MAX_FRACTION = 3.0
"""Sides of boxes at the edge lie beyond 1, and never by more than a whole input or two."""

MIN_PIXEL_SIDE = 32
"""Of an input. In a smaller one, boxes in pixels and in fractions look alike."""


def check_probabilities(name: str, scores: Array) -> None:
    """
    Raises:
        InferenceFailed: not all values of output `name` are probabilities; one may be NaN.
    """
    if not scores.size:
        return
    low, high = float(scores.min()), float(scores.max())
    if not (low >= -PROBABILITY_TOLERANCE and high <= 1 + PROBABILITY_TOLERANCE):
        raise InferenceFailed(
            f"output {name} has values from {low:.4g} to {high:.4g}, and this decoder reads "
            "probabilities from 0 to 1: choose the decoder that reads logits, or export the model "
            "with a sigmoid or softmax"
        )


def check_logits(name: str, values: Array) -> None:
    """
    Raises:
        InferenceFailed: all values of output `name` lie from 0 to 1, as only probabilities do, or
            one is NaN.
    """
    if not values.size:
        return
    low, high = float(values.min()), float(values.max())
    if not (low < 0 or high > 1 or low == high):
        raise InferenceFailed(
            f"output {name} has values from {low:.4g} to {high:.4g}, and this decoder reads "
            "logits: choose the decoder that reads probabilities, or export the model without its "
            "sigmoid or softmax"
        )


def check_fractions(name: str, boxes: Array) -> None:
    """
    Args:
        boxes: [n, 4], those with a sufficient score.

    Raises:
        InferenceFailed: they are no fractions of the input.
    """
    if boxes.size and not np.abs(boxes).max() <= MAX_FRACTION:
        raise InferenceFailed(
            f"output {name} has a box {_shown(boxes)}, and this decoder reads fractions of the "
            "input, 0 to 1: choose the decoder that reads pixels, or export the model with "
            "fractions"
        )


def check_pixels(name: str, corners: Array, size: InputSize) -> None:
    """
    Args:
        corners: [n, 4], those with a sufficient score.

    Raises:
        InferenceFailed: they are no places in pixels of an input of this size.
    """
    if not corners.size:
        return
    largest = float(np.abs(corners).max())
    if not largest <= MAX_FRACTION * max(size.width, size.height):
        raise InferenceFailed(
            f"output {name} has a box {_shown(corners)}, far beyond the input of {size.width} x "
            f"{size.height} pixels: check input.width and height, and the decoder"
        )
    # All boxes within the first two pixels of a large input: these are fractions.
    tiny = largest <= 2 and min(size.width, size.height) >= MIN_PIXEL_SIDE
    if tiny and (corners[:, 2:] > corners[:, :2]).all():
        raise InferenceFailed(
            f"output {name} has a box {_shown(corners)}, and this decoder reads pixels of the "
            f"input of {size.width} x {size.height}: choose the decoder that reads fractions, or "
            "export the model with pixels"
        )


def check_corners(name: str, corners: Array) -> None:
    """
    Args:
        corners: [n, 4], those with a sufficient score.

    Raises:
        InferenceFailed: most are no left, top, right, bottom: they may be centres and sizes.
    """
    inverted = (corners[:, 2] < corners[:, 0]) | (corners[:, 3] < corners[:, 1])
    if 2 * np.count_nonzero(inverted) > len(corners):
        raise InferenceFailed(
            f"output {name} has a box {_shown(corners[inverted])}, and this decoder reads left, "
            "top, right, bottom: choose the decoder that reads centres, or export the model with "
            "corners"
        )


def class_indices(name: str, numbers: NDArray[np.generic], first_class: int) -> NDArray[np.intp]:
    """Numbers of classes as places in the list of labels.

    Args:
        numbers: [n] of any type, those with a sufficient score.

    Raises:
        InferenceFailed: one is no whole number, or lies below the first class.
    """
    values = np.asarray(numbers, np.float64)
    if not (values == np.rint(values)).all():
        wrong = float(values[values != np.rint(values)][0])
        raise InferenceFailed(
            f"output {name} has {wrong:.4g} where this decoder reads the number of a class: choose "
            "the decoder that fits the model"
        )
    if values.size and values.min() < first_class:
        raise InferenceFailed(
            f"output {name} has class {int(values.min())}, and its classes should begin with "
            f"{first_class}: set decoder.first_class"
        )
    return np.asarray(values - first_class, np.intp)


def _shown(boxes: Array) -> str:
    """The box that reaches farthest."""
    farthest = boxes[int(np.abs(boxes).max(axis=1).argmax())]
    return f"[{', '.join(f'{side:.4g}' for side in farthest)}]"
