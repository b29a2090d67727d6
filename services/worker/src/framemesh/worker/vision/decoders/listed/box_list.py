"""What models list that suppress overlaps themselves: one box, score and class for each thing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.vision.decoders.checks import (
    check_fractions,
    check_pixels,
    check_probabilities,
    class_indices,
)
from framemesh.worker.vision.decoders.decoder import RawDetail, RawDetection, sides_differ
from framemesh.worker.vision.decoders.geometry import fractions_of_pixels
from framemesh.worker.vision.decoders.ranking import best_detections, sufficient

Numbers = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One value, or one box, for each thing."""

    tensor: str
    """Name of the output, for messages."""
    values: Numbers
    """[n] or [n, 4], of any type of number."""

    def first(self, count: int) -> "Column":
        return Column(self.tensor, self.values[:count])


@dataclass(frozen=True, slots=True, eq=False)
class BoxList:
    """All that a model lists, sorted or not."""

    corners: Column
    """Left, top, right, bottom."""
    scores: Column
    classes: Column

    def detections(
        self,
        spec: DecoderSpec,
        binding: DecoderBinding,
        *,
        in_pixels: bool,
        detail: Callable[[int], RawDetail | None] = lambda index: None,
    ) -> list[RawDetection]:
        """
        Args:
            in_pixels: whether the corners are in pixels of the input, or in fractions of it.
            detail: of the thing at this place of the list.

        Raises:
            InferenceFailed: the values are not what a model of this family lists.
        """
        self._check_lengths()
        scores = np.asarray(self.scores.values, np.float32)
        check_probabilities(self.scores.tensor, scores)
        places = np.flatnonzero(sufficient(scores, spec))
        corners = np.asarray(self.corners.values, np.float32)[places]
        if in_pixels:
            check_pixels(self.corners.tensor, corners, binding.input_size)
            corners = fractions_of_pixels(corners, binding.input_size)
        else:
            check_fractions(self.corners.tensor, corners)
        classes = class_indices(
            self.classes.tensor, self.classes.values[places], binding.first_class
        )
        return best_detections(
            corners,
            scores[places],
            classes,
            spec,
            lambda kept: [detail(int(index)) for index in places[kept]],
        )

    def first(self, count: int) -> "BoxList":
        """The first `count`; what follows is padding."""
        return BoxList(
            self.corners.first(count), self.scores.first(count), self.classes.first(count)
        )

    def _check_lengths(self) -> None:
        columns = (self.corners, self.scores, self.classes)
        if len({len(column.values) for column in columns}) != 1:
            raise sides_differ(*((column.tensor, column.values) for column in columns))


def count_of(tensor: str, values: Numbers) -> int:
    """The only number of an output that counts.

    Raises:
        InferenceFailed: it is no count.
    """
    counts = np.asarray(values, np.float64).reshape(-1)
    if len(counts) != 1 or not (counts[0] >= 0 and counts[0] == np.rint(counts[0])):
        raise InferenceFailed(
            f"output {tensor} is {counts[:4].tolist()}, and this decoder reads how many boxes "
            "there are: choose the decoder that fits the model"
        )
    return int(counts[0])
