"""What a model answered to one real image."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framemesh.modeling.errors import ModelInvalid

Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Probe:
    """One inference, with batch dimensions as the model gave them."""

    outputs: Mapping[str, NDArray[np.generic]]
    seconds: float

    def values(self, name: str) -> Values:
        """An output as float32, without dimensions of length 1 at its front."""
        found = np.asarray(self.outputs[name]).astype(np.float32)
        while found.ndim > 1 and found.shape[0] == 1:
            found = found[0]
        return found

    def check_finite(self, file: str) -> None:
        """
        Raises:
            ModelInvalid: an output has values that are no numbers.
        """
        for name, array in self.outputs.items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise ModelInvalid(
                    f"{file}: output {name} has NaN or infinite values on a real image: export the "
                    "model in float32, or mend it"
                )


def within(values: Values, low: float, high: float, slack: float = 1e-3) -> bool:
    """Whether all values lie in an interval; False where there are none."""
    return values.size > 0 and bool(values.min() >= low - slack and values.max() <= high + slack)


def whole(values: Values) -> bool:
    """Whether all values are whole numbers from 0 on, as classes are."""
    return bool((values >= 0).all() and (values == np.round(values)).all())


def sums_to_one(rows: Values) -> bool:
    """Whether the last axis is a distribution, as a softmax makes it."""
    return within(rows, 0, 1) and bool(np.allclose(rows.sum(axis=-1), 1, atol=1e-2))
