"""The interface of decoders, which turn the outputs of a model into detections."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from framemesh.core.outcome import Box
from framemesh.worker.errors import InferenceFailed

Array = NDArray[np.float32]

Outputs = Mapping[str, Array]
"""The output tensors of one image, without a batch dimension. They are read only, and the
memory behind them is used again once the decoder returned."""


@dataclass(frozen=True, slots=True)
class RawDetection:
    """One thing in one image."""

    class_id: int
    score: float
    """0 to 1."""
    box: Box | None
    """In fractions of the model's input, inside it; None for a class of the whole image."""


class Decoder(Protocol):
    """Made for one model; any number of threads may use it at once."""

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        """What is in one image: sorted by score, at most `max_detections`.

        Raises:
            InferenceFailed: sides that the model left open do not fit one another.
        """
        ...


def sides_differ(*outputs: tuple[str, Array]) -> InferenceFailed:
    """Two outputs that belong together came with different lengths of an open side."""
    there = " and ".join(f"{name} {list(values.shape)}" for name, values in outputs)
    return InferenceFailed(f"the model's outputs do not fit one another: {there}")
