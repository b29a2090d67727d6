"""The values of the inputs beside the image."""

from collections.abc import Mapping

import numpy as np

from framemesh.modeling.signature import Tensor
from framemesh.vision.arrays import NUMPY, Input

Constants = Mapping[str, tuple[float, ...]]
"""Of each input by its name: its numbers for one image, or one for all its elements."""


def constant_values(constants: Constants, tensor: Tensor, images: int) -> Input:
    """What goes into `tensor` for so many images: the numbers for one, again and again."""
    numbers = np.array(constants[tensor.name], NUMPY[tensor.datatype])
    return np.resize(numbers, tensor.shape_of(images))
