"""What framemesh and a package found, side by side."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from framemesh.core.detection import Detection

Package = dict[str, Any]

TOLERANCE = 1e-3
"""Of a score, and of a place in fractions of the picture."""

MASK_TOLERANCE = 5e-3
"""Of the area of a mask, in fractions of the picture: ours has the cells of the model's prototypes,
of four pixels of its input."""


@dataclass(frozen=True)
class Difference:
    """The largest of a picture's pairs."""

    score: float = 0.0
    place: float = 0.0
    """In fractions of the picture, less what the package rounds."""
    mask: float = 0.0
    """Of the areas of masks, in fractions of the picture."""

    def __or__(self, other: "Difference") -> "Difference":
        """The larger of each."""
        return Difference(*map(max, zip(astuple(self), astuple(other), strict=True)))

    def within(self, score: float, place: float, mask: float) -> bool:
        return self.score <= score and self.place <= place and self.mask <= mask

    def __str__(self) -> str:
        mask = f", areas of masks {self.mask:.2g}" if self.mask else ""
        return f"scores {self.score:.2g}, places {self.place:.2g}{mask}"


def difference(
    ours: Sequence[Detection], theirs: Sequence[Package], size: tuple[int, int], rounding: float
) -> Difference:
    """
    Args:
        size: width and height of the picture, in pixels.
        rounding: pixels by which the package's places are rounded.
    """
    assert len(ours) == len(theirs), f"{[*map(_short, ours)]} is not {theirs}"
    left = list(theirs)
    worst = Difference()
    for one in ours:
        alike = [other for other in left if _same_thing(one, other)]
        assert alike, f"{_short(one)} is not among {left}"
        pairs = [(_difference(one, other, size, rounding), other) for other in alike]
        best, match = min(pairs, key=lambda pair: (pair[0].place, pair[0].score))
        left.remove(match)
        worst |= best
    return worst


def _same_thing(one: Detection, other: Package) -> bool:
    return (one.label, one.text) == (other["label"], other.get("text", ""))


def _difference(
    one: Detection, other: Package, size: tuple[int, int], rounding: float
) -> Difference:
    score = abs(one.score - other["score"])
    places = zip(_places(one, other), _theirs(other), strict=True)
    apart = max((_apart(*pair, size, rounding) for pair in places), default=0.0)
    return Difference(score, apart, abs(_area(one) - other.get("area", 0.0)))


def _apart(
    ours: tuple[float, float], theirs: tuple[float, float], size: tuple[int, int], rounding: float
) -> float:
    return max(
        max(0.0, abs(min(1.0, max(0.0, a)) * side - b) - rounding) / side
        for a, b, side in zip(ours, theirs, size, strict=True)
    )


def _places(one: Detection, other: Package) -> list[tuple[float, float]]:
    points = [(at.at.x, at.at.y) for at in one.keypoints] if "keypoints" in other else []
    if "corners" in other:
        return points + [(at.x, at.y) for at in one.corners]
    if one.box is None or "box" not in other:
        return points
    return [*points, (one.box.left, one.box.top), (one.box.right, one.box.bottom)]


def _theirs(other: Package) -> list[tuple[float, float]]:
    points = [(x, y) for x, y in other.get("keypoints", [])]
    points += [(x, y) for x, y in other.get("corners", [])]
    if "box" in other:
        left, top, right, bottom = other["box"]
        points += [(left, top), (right, bottom)]
    return points


def _area(one: Detection) -> float:
    """Of its mask, in fractions of the picture."""
    if one.mask is None or one.box is None:
        return 0.0
    box = one.box
    share = sum(one.mask.runs[1::2]) / (one.mask.width * one.mask.height)
    return share * (box.right - box.left) * (box.bottom - box.top)


def _short(one: Detection) -> str:
    return f"{one.label} {one.text} {one.score:.3f} {one.box}"
