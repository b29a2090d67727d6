"""What a reference reads in the answers of a model, and what of it lies in the picture."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from framemesh.core.detection import RasterKind
from tests.model_families.graphs import Values
from tests.model_families.preparation import Placed

Corners = tuple[float, float, float, float]
"""Left, top, right, bottom."""

Place = tuple[float, float]


def four(sides: Values) -> Corners:
    left, top, right, bottom = map(float, sides)
    return left, top, right, bottom


@dataclass(frozen=True, eq=False)
class Plane:
    """A value for each place of the whole input."""

    kind: RasterKind
    values: Values
    """[height, width]."""
    low: float = 0.0
    high: float = 1.0
    """The scale of its values, if they are no classes."""


@dataclass(frozen=True, eq=False)
class Reading:
    """One thing. Places are pixels of the input; of one on a picture, fractions of the picture."""

    class_id: int
    score: float
    box: Corners | None = None
    corners: Sequence[Place] = ()
    keypoints: Sequence[tuple[float, float, float]] = ()
    """x, y, and how sure the model is."""
    mask: Values | None = None
    """[height, width] over the whole input: whether each place belongs to the thing."""
    plane: Plane | None = None
    text: str = ""
    embedding: Sequence[float] = ()


Reference = Callable[[Mapping[str, Values]], list[Reading]]
"""What the answers for one picture say, as the family's authors read them."""


@dataclass(frozen=True, eq=False)
class Expected:
    """One thing that is to be found in a picture."""

    label: str
    reading: Reading
    """Its places are fractions of the picture; what is outside of it is cut off."""
    placed: Placed
    areas: Mapping[int, float]
    """Of a map of classes: how much of the picture each takes, the largest first."""


def on_picture(reading: Reading, placed: Placed, labels: Sequence[str]) -> Expected | None:
    """None: it has a box, and nothing of that lies in the picture."""
    box = None if reading.box is None else placed.box_to_picture(*reading.box)
    if reading.box is not None and box is None:
        return None
    areas: dict[int, float] = {}
    class_id, score = reading.class_id, reading.score
    if reading.plane is not None and reading.plane.kind is RasterKind.CLASSES:
        areas = _areas(reading.plane.values, placed)
        class_id, score = next(iter(areas.items()))
    moved = replace(
        reading,
        class_id=class_id,
        score=score,
        box=box,
        corners=[placed.to_picture(*corner) for corner in reading.corners],
        keypoints=[(*placed.to_picture(x, y), sure) for x, y, sure in reading.keypoints],
    )
    return Expected("text" if moved.text else labels[class_id], moved, placed, areas)


def _areas(classes: Values, placed: Placed) -> dict[int, float]:
    """Of a map that has a place for each pixel of the input, or whose input is all picture."""
    rows, columns = classes.shape
    across, down = columns / placed.input_width, rows / placed.input_height
    left, top = round(placed.left * across), round(placed.top * down)
    right = round((placed.left + placed.width) * across)
    bottom = round((placed.top + placed.height) * down)
    inside = classes[top:bottom, left:right].astype(int)
    counts = np.bincount(inside.reshape(-1))
    largest = sorted(np.flatnonzero(counts).tolist(), key=lambda number: -counts[number])
    return {number: float(counts[number] / inside.size) for number in largest}
