"""Labels beside what they name, with as little overlap as there is room for."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from framemesh.api.common.v1 import outcome_pb2
from framemesh.cli.drawing.colors import Color
from framemesh.cli.drawing.lettering import Lettering
from framemesh.cli.drawing.pixels import Canvas, Place


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A part of a picture, in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    def overlap(self, other: "Rectangle") -> int:
        """Pixels in both."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0, width) * max(0, height)


@dataclass(slots=True)
class Labels:
    """Writes the labels of one picture, each where those before it leave room."""

    canvas: Canvas
    _taken: list[Rectangle] = field(default_factory=list)

    def beside(self, box: outcome_pb2.Box, line: str, color: Color) -> None:
        """Above the box, else above what stands there, below the box, in it, or at its side."""
        (left, top), (right, bottom) = self.canvas.corners(box)
        letters = Lettering(self.canvas, line)
        width, height = letters.width, letters.height
        places = [
            (left, top - height),
            (left, top - 2 * height),
            (left, bottom),
            (left, top - 3 * height),
            (right - width, bottom),
            (right, top),
            (left - width, top),
            (left, top),
            (left, bottom + height),
        ]
        self._write(letters, places, color)

    def of_frame(self, line: str, color: Color) -> None:
        """In the upper left corner of the picture, one below the other."""
        letters = Lettering(self.canvas, line)
        rows = range(0, max(1, self.canvas.height - letters.height), letters.height)
        self._write(letters, [(0, row) for row in rows], color)

    def _write(self, letters: Lettering, places: list[Place], color: Color) -> None:
        # The first of those that cover the least.
        found = min(self._candidates(letters, places), key=self._covered)
        self._taken.append(found)
        letters.write(found.left, found.top, color)

    def _candidates(self, letters: Lettering, places: list[Place]) -> Iterator[Rectangle]:
        width, height = letters.width, letters.height
        for x, y in places:
            left = max(0, min(x, self.canvas.width - width))
            top = max(0, min(y, self.canvas.height - height))
            yield Rectangle(left, top, left + width, top + height)

    def _covered(self, place: Rectangle) -> int:
        return sum(place.overlap(one) for one in self._taken)
