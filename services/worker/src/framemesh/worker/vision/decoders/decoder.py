"""The interface of decoders, which turn the outputs of a model into detections."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from framemesh.core.detection import Box, Keypoint, Point, RasterKind
from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.errors import InferenceFailed

Array = NDArray[np.float32]

Outputs = Mapping[str, NDArray[Any]]
"""The output tensors of one image, without a batch dimension: floats as float32 whatever the model
computes in, whole numbers and booleans in the model's own type. They are read only, and the memory
behind them is used again once the decoder returned."""


@dataclass(frozen=True, slots=True, eq=False)
class RawRaster:
    """A value for each cell of a grid over the whole input."""

    kind: RasterKind
    values: NDArray[np.generic]
    """[height, width]: of CLASSES the numbers of the classes, else any numbers."""
    low: float = 0.0
    high: float = 1.0
    """Of the model's scale; what is beyond is clipped. Of CLASSES they say nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class RawDetail:
    """What else a model tells of one thing. Positions are fractions of the model's input."""

    corners: tuple[Point, ...] = ()
    keypoints: tuple[Keypoint, ...] = ()
    mask: NDArray[np.bool_] | None = None
    """[height, width]: a grid over the whole input."""
    raster: RawRaster | None = None
    text: str = ""
    embedding: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class RawDetection:
    """One thing in one image."""

    class_id: int
    score: float
    """0 to 1."""
    box: Box | None
    """In fractions of the model's input, inside it; None for what is told of the whole image."""
    detail: RawDetail | None = None
    """None: nothing but the class and the box."""
    label: str = ""
    """In place of the label of its class."""


class Decoder(Protocol):
    """Made for one model; any number of threads may use it at once."""

    def decode(self, outputs: Outputs) -> list[RawDetection]:
        """What is in one image: sorted by score, at most `max_detections`.

        Raises:
            InferenceFailed: sides that the model left open do not fit one another.
        """
        ...


MakeDecoder = Callable[[DecoderSpec, DecoderBinding], Decoder]
"""Makes the decoder of one model."""


def sides_differ(*outputs: tuple[str, NDArray[Any]]) -> InferenceFailed:
    """Two outputs that belong together came with different lengths of an open side."""
    there = " and ".join(f"{name} {list(values.shape)}" for name, values in outputs)
    return InferenceFailed(f"the model's outputs do not fit one another: {there}")
