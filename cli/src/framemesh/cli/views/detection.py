"""How a detection reads: one short phrase."""

import json
from collections.abc import Iterator

from framemesh.api.common.v1 import outcome_pb2
from framemesh.cli.common.grids import mask_share

SHOWN_CLASSES = 5
"""Of a raster, the largest first: the rest is in --json."""


def phrase(detection: outcome_pb2.Detection) -> str:
    """What was detected, and in brackets what else its model tells of it."""
    more = ", ".join(notes(detection))
    return f"{name(detection)} ({more})" if more else name(detection)


def name(detection: outcome_pb2.Detection) -> str:
    """What was detected: its class and score, its text, or what its raster shows."""
    score = f"{detection.score:.2f}"
    if detection.text:
        # Quoted as in JSON: a text may hold what moves the cursor.
        return f"{json.dumps(detection.text, ensure_ascii=False)} {score}"
    if detection.HasField("raster"):
        return _raster(detection.raster) or f"{detection.label} {score}"
    if detection.embedding and not detection.HasField("box"):
        return f"embedding of {len(detection.embedding)}"
    return f"{detection.label} {score}"


def area(of: outcome_pb2.ClassArea) -> str:
    """A class of a raster, and the part of it that the class takes."""
    return f"{of.label} {_percent(of.area)}"


def _raster(raster: outcome_pb2.Raster) -> str:
    """Empty where the score of the detection tells the most."""
    if raster.kind == outcome_pb2.RASTER_KIND_DEPTH:
        return f"depth {raster.low:.3g} to {raster.high:.3g}"
    shown = [area(one) for one in raster.areas[:SHOWN_CLASSES]]
    if more := len(raster.areas) - len(shown):
        shown.append(f"{more} more")
    return ", ".join(shown)


def notes(detection: outcome_pb2.Detection) -> Iterator[str]:
    """What else its model tells of it, in brief."""
    if detection.corners:
        yield "oriented"
    if keypoints := len(detection.keypoints):
        yield "1 keypoint" if keypoints == 1 else f"{keypoints} keypoints"
    if detection.HasField("mask"):
        over = "its box" if detection.HasField("box") else "the frame"
        yield f"mask over {_percent(mask_share(detection.mask))} of {over}"
    if detection.embedding and detection.HasField("box"):
        yield f"embedding of {len(detection.embedding)}"


def _percent(share: float) -> str:
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"
