"""The inputs of a model beside the image: written once, sent with every request."""

from collections.abc import Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from framemesh.modeling.signature import Tensor
from framemesh.vision.constants import Constants, constant_values
from framemesh.worker.triton.tensor_arena import ALIGNMENT


class ConstantInputs:
    """The values of constant inputs for up to `images` images, in one block of memory."""

    def __init__(self, constants: Constants, tensors: Sequence[Tensor], images: int) -> None:
        self.tensors = tuple(tensors)
        self._values = [constant_values(constants, tensor, images) for tensor in tensors]
        sizes = [-(-values.nbytes // ALIGNMENT) * ALIGNMENT for values in self._values]
        self._starts = [sum(sizes[:at]) for at in range(len(sizes))]
        self.size = sum(sizes)

    def write(self, memory: NDArray[np.uint8]) -> None:
        """Write all values to `memory`, which has `size` bytes."""
        for start, values in zip(self._starts, self._values, strict=True):
            memory[start : start + values.nbytes] = values.reshape(-1).view(np.uint8)

    def span(self, at: int, count: int) -> tuple[int, int]:
        """Offset in that memory and bytes of tensor `at`, for `count` images."""
        elements = prod(self.tensors[at].shape_of(count))
        return self._starts[at], elements * self._values[at].itemsize

    def content(self, at: int, count: int) -> bytes:
        """The same values, to be sent in a request."""
        shape = self.tensors[at].shape_of(count)
        return np.resize(self._values[at], shape).tobytes()
