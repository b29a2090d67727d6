"""How a detection is called: one or two words."""

import json

from framemesh.core.detection import ClassArea, Detection, Mask, Raster, RasterKind

SHOWN_CLASSES = 5
"""Of a raster, the largest first."""


def name(detection: Detection) -> str:
    """What was detected: its class and score, its text, or what its raster shows."""
    score = f"{detection.score:.2f}"
    if detection.text:
        # Quoted as in JSON: a text may hold what moves the cursor.
        return f"{json.dumps(detection.text, ensure_ascii=False)} {score}"
    if detection.raster:
        return _raster(detection.raster) or f"{detection.label} {score}"
    if detection.embedding and detection.box is None:
        return f"embedding of {len(detection.embedding)}"
    return f"{detection.label} {score}"


def area(of: ClassArea) -> str:
    """A class of a raster, and the part of it that the class takes."""
    return f"{of.label} {percent(of.area)}"


def mask_share(mask: Mask) -> float:
    """The part of its grid that a mask covers, 0 to 1."""
    return sum(mask.runs[1::2]) / max(1, sum(mask.runs))


def percent(share: float) -> str:
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"


def _raster(raster: Raster) -> str:
    """Empty where the score of the detection tells the most."""
    if raster.kind is RasterKind.DEPTH:
        return f"depth {raster.low:.3g} to {raster.high:.3g}"
    shown = [area(one) for one in raster.areas[:SHOWN_CLASSES]]
    if more := len(raster.areas) - len(shown):
        shown.append(f"{more} more")
    return ", ".join(shown)
