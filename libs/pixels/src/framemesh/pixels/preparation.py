"""What is done to an image."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """What an input has of an image, beside its size."""

    planar: bool = False
    """Whether each channel is a plane: [3, height, width] instead of [height, width, 3]."""
    swapped: bool = False
    """Whether the first channel of the input is the last of the image."""
    values: NDArray[np.float32] | None = None
    """[channels of the input, 256], in one piece: what each byte becomes. None: itself."""


class Prepare(Protocol):
    """Any number of threads may prepare images at once."""

    def __call__(self, pixels: NDArray[np.uint8], out: NDArray[Any], form: Form) -> None:
        """Scale an image to the size of `out` by area, as cv2.INTER_AREA, and write it there.

        Args:
            pixels: [height, width] or [height, width, 3]; a view, too.
            out: of float32 where the form has values, else of uint8; no memory of `pixels`. Without
                channels where `pixels` has none.
        """
