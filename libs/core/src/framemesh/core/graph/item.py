"""What flows along the edges of a graph: what a node found, under an id that does not change."""

from dataclasses import dataclass
from typing import NamedTuple

from framemesh.core.detection import Detection


class ItemId(NamedTuple):
    """The same for the same frame and plan, whichever worker executes it, and how often.

    It follows from an outcome: the detections of a node stand in it in the order of their ordinals.
    """

    node: str
    ordinal: int
    """0-based, in the order in which the node found its items."""

    def __str__(self) -> str:
        return f"{self.node}/{self.ordinal}"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that one node found in one frame."""

    id: ItemId
    parent: ItemId | None
    """The item in whose crop it was found; None: in the whole frame."""
    detection: Detection
