"""What a condition is asked of: an item, and its frame."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from framemesh.core.detection import Box
from framemesh.core.pipeline.zones import ZoneSpec


class ItemFacts(Protocol):
    """What is known of an item. A `framemesh.core.detection.Detection` is such facts."""

    @property
    def label(self) -> str: ...

    @property
    def score(self) -> float: ...

    @property
    def box(self) -> Box | None:
        """None: it has no place, so that no comparison of one is true."""


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """What is known of a frame, once for all conditions that are asked of it."""

    camera: str
    captured_unix_nano: int
    items: Mapping[str, Sequence[ItemFacts]] = field(default_factory=dict)
    """By stage. A stage that is not there has none; one that is counted gets no more."""
    zones: Mapping[str, ZoneSpec] = field(default_factory=dict)
    """Those of the pipeline, by name."""
    counted: dict[object, int] = field(
        default_factory=dict, init=False, repr=False, compare=False, hash=False
    )
    """What was counted, by who asked, so that many items ask once. As long as there are conditions
    that count."""


PLACES: Final[Mapping[str, Callable[[Box], float]]] = {
    "area": lambda box: (box.right - box.left) * (box.bottom - box.top),
    "x": lambda box: (box.left + box.right) / 2,
    "y": lambda box: box.bottom,
    "width": lambda box: box.right - box.left,
    "height": lambda box: box.bottom - box.top,
}
"""What is told of the place of an item, in fractions of the frame: x and y are the middle of the
lower edge of its box, where a thing stands. A zone has an item if it has that point."""
