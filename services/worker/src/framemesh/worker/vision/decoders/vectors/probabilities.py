"""The numbers of classes as probabilities, by the activation that the manifest names."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from framemesh.modeling.manifest import Activation
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.vision.decoders.activation import sigmoid, softmax
from framemesh.worker.vision.decoders.checks import check_probabilities
from framemesh.worker.vision.decoders.decoder import Array

SUM_TOLERANCE = 0.01
"""How far from 1 the sum of probabilities may be: that of a thousand float16 is."""


def to_probabilities(name: str, values: NDArray[Any], activation: Activation) -> Array:
    """
    Args:
        name: of the output, for messages.
        values: the classes are the last dimension.

    Raises:
        InferenceFailed: they are none, or it cannot be told what they are.
    """
    numbers = np.asarray(values, np.float32)
    match activation:
        case Activation.SOFTMAX:
            return softmax(numbers)
        case Activation.SIGMOID:
            return sigmoid(numbers)
        case Activation.NONE:
            check_probabilities(name, numbers)
            return numbers
        case Activation.AUTO:
            return _told_by_values(name, numbers)


def _told_by_values(name: str, values: Array) -> Array:
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 1 + SUM_TOLERANCE:
        return softmax(values)
    sums = values.sum(axis=-1)
    # All zeros find nothing, whatever they are.
    if high == 0 or bool((np.abs(sums - 1) < SUM_TOLERANCE).all()):
        return values
    raise InferenceFailed(
        f"output {name} has values from {low:.4g} to {high:.4g}, and a sum of {sums.max():.4g}: "
        "these may be logits, or the probabilities of classes that do not exclude one another: set "
        "decoder.activation to softmax, or use decoder multi-label"
    )
