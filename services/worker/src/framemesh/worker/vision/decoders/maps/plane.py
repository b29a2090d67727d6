"""Maps of one value a place, as models put them out."""

from typing import Any

from numpy.typing import NDArray


def plane(values: NDArray[Any]) -> NDArray[Any]:
    """[height, width] of a map that has dimensions of 1 before these."""
    height, width = values.shape[-2:]
    return values.reshape(height, width)
