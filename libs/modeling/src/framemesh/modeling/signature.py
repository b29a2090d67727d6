"""The inputs and outputs of a model, as workers send and read them."""

from dataclasses import dataclass
from math import prod

OPEN = -1
"""A dimension whose length is known only when the model runs."""

NO_TENSOR = "no tensor"
"""Datatype of what is a sequence or a map."""

ELEMENT_BYTES = {
    "BOOL": 1, "UINT8": 1, "INT8": 1, "UINT16": 2, "INT16": 2, "FP16": 2, "UINT32": 4, "INT32": 4,
    "FP32": 4, "UINT64": 8, "INT64": 8, "FP64": 8,
}  # fmt: skip
"""Of each datatype that workers can write and read. Strings have no fixed size, and numpy has no
BF16."""

FLOATS = frozenset({"FP16", "FP32", "FP64"})

MAX_TENSOR_BYTES = 1024**3
"""Of the inputs and the outputs for one image: a request over 2 GiB is beyond protobuf, and the
memory has room for two images at least."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or an output."""

    name: str
    datatype: str
    """As Triton calls it: FP32, UINT8, ..."""
    shape: tuple[int, ...]
    """-1 is any length. A batch that is not open is that of every request."""
    batched: bool = True
    """Whether the first dimension is the batch; if not, a request has one image."""

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Of one image."""
        return self.shape[1:] if self.batched else self.shape

    @property
    def image_bytes(self) -> int:
        """Of one image; negative where a dimension is open."""
        if OPEN in self.image_shape:
            return -1
        return prod(self.image_shape) * ELEMENT_BYTES[self.datatype]

    def shape_of(self, images: int) -> tuple[int, ...]:
        """In a request for so many images."""
        if not self.batched:
            return self.shape
        return (images if self.shape[0] == OPEN else self.shape[0], *self.image_shape)

    def __str__(self) -> str:
        return f"{self.name} {self.datatype} {list(self.shape)}"


@dataclass(frozen=True, slots=True)
class Signature:
    """The inputs and the outputs of a model."""

    inputs: tuple[Tensor, ...]
    """Of a model that was validated, the image is the first."""
    outputs: tuple[Tensor, ...]

    @property
    def fixed_batch(self) -> int:
        """How many images every request has; 0 where requests have as many as there are."""
        image = self.inputs[0]
        return image.shape[0] if image.batched and image.shape[0] != OPEN else 0
