"""Boxes in pixels of the input, as fractions of it."""

from framemesh.modeling.decoders.demand import InputSize
from framemesh.worker.vision.decoders.checks import check_pixels
from framemesh.worker.vision.decoders.decoder import Array
from framemesh.worker.vision.decoders.geometry import corners_of_centred, fractions_of_pixels


def centred_fractions(tensor: str, boxes: Array, size: InputSize) -> Array:
    """[n, 4] centre x, y, width, height in output `tensor` as left, top, right, bottom.

    Raises:
        InferenceFailed: they are in no pixels of such an input.
    """
    return corner_fractions(tensor, corners_of_centred(boxes), size)


def corner_fractions(tensor: str, corners: Array, size: InputSize) -> Array:
    """[n, 4] left, top, right, bottom in output `tensor` as the same in fractions.

    Raises:
        InferenceFailed: they are in no pixels of such an input.
    """
    check_pixels(tensor, corners, size)
    return fractions_of_pixels(corners, size)
