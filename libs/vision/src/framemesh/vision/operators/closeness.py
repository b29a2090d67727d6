"""How close boxes of a frame are to the places where tracks are expected."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framemesh.vision.operators.assignment import Indices
from framemesh.vision.operators.candidates import Candidates, label_numbers, numbered
from framemesh.vision.operators.motion import Motion, distances, expected_boxes, quantities
from framemesh.vision.operators.overlaps import Overlaps, overlaps


@dataclass(frozen=True, slots=True, eq=False)
class Closeness:
    """Of n tracks and m boxes; those with different labels are not close at all."""

    expected: Motion
    """[5, n, 4]."""
    found: Candidates
    aspect: float
    """Width / height of the frame."""
    track_labels: Indices
    """[n]: numbers of labels."""
    box_labels: Indices
    """[m]."""

    @classmethod
    def of(
        cls, expected: Motion, labels: tuple[str, ...], found: Candidates, aspect: float
    ) -> "Closeness":
        """`labels`: of the tracks."""
        numbers = numbered(labels, found.labels)
        of_tracks, of_boxes = (label_numbers(each, numbers) for each in (labels, found.labels))
        return cls(expected, found, aspect, of_tracks, of_boxes)

    def overlaps(self) -> Overlaps:
        """[n, m]: intersection over union."""
        overlap = overlaps(expected_boxes(self.expected), self.found.boxes)
        overlap[self.track_labels[:, None] != self.box_labels] = 0
        return overlap

    def distances(self, tracks: Indices, boxes: Indices) -> NDArray[np.float64]:
        """[len(tracks), len(boxes)]: by how many standard deviations squared each box is off what
        is expected of each track, in all four quantities together."""
        found = quantities(self.found.boxes[boxes])
        away = distances(self.expected[:, tracks], found, self.aspect)
        away[self.track_labels[tracks, None] != self.box_labels[boxes]] = np.inf
        return away
