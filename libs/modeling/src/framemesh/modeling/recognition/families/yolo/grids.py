"""How many places the grids of a YOLO have."""

from framemesh.modeling.recognition.facts import ModelFacts

STRIDES = ((8, 16, 32), (8, 16, 32, 64))
"""Pixels from one cell to the next; the larger models have a fourth grid."""

ANCHORS = 3
"""Places of a cell of YOLOv5, v7 and what they are made of."""

USUAL_SIDE = 640
"""Of an input whose sides are open."""


def one_a_cell(facts: ModelFacts, places: int) -> bool:
    """YOLOv8 and what follows it, YOLOv6, YOLOX."""
    return places in _cells(facts)


def anchored(facts: ModelFacts, places: int) -> bool:
    """YOLOv5, v7."""
    return places in {ANCHORS * cells for cells in _cells(facts)}


def _cells(facts: ModelFacts) -> set[int]:
    width, height = facts.image.width or USUAL_SIDE, facts.image.height or USUAL_SIDE
    return {
        sum((width // stride) * (height // stride) for stride in strides) for strides in STRIDES
    }
