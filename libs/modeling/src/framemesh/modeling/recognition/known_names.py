"""Outputs that are known by something else than their names."""

from collections.abc import Mapping
from typing import Any

from framemesh.modeling.signature import Tensor


def output_names(found: Mapping[str, Tensor]) -> dict[str, Any]:
    """The option of a decoder that tells it which output is which.

    Args:
        found: by the names that the decoder knows.

    Returns:
        Nothing where the outputs have these names.
    """
    names = {known: tensor.name for known, tensor in found.items()}
    return {} if all(known == name for known, name in names.items()) else {"output_names": names}
