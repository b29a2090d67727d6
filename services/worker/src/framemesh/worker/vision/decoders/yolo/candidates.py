"""The places of a model's outputs that may hold a thing."""

from dataclasses import dataclass

import numpy as np

from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.checks import check_probabilities
from framemesh.worker.vision.decoders.decoder import Array
from framemesh.worker.vision.decoders.ranking import Indices, sufficient


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Places whose best class reaches the threshold."""

    places: Indices
    """[n]: indices of them."""
    scores: Array
    """[n]: of the best class."""
    classes: Indices
    """[n]: the best class; of equal ones the first."""


def best_classes(tensor: str, scores: Array, spec: DecoderSpec) -> Candidates:
    """The candidates among scores [classes, places] of the output `tensor`.

    One pass over all of them, which a processor does eight at once; then only what is left is
    looked at again.

    Raises:
        InferenceFailed: the best scores of the places are no probabilities.
    """
    best = scores.max(axis=0)
    check_probabilities(tensor, best)
    places = np.flatnonzero(sufficient(best, spec))
    return Candidates(places, best[places], scores[:, places].argmax(axis=0))
