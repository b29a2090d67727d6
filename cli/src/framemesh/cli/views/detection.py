"""How a detection reads: one short phrase."""

from collections.abc import Iterator

from framemesh.core.detection import Detection
from framemesh.vision.drawing.words import mask_share, name, percent


def phrase(detection: Detection) -> str:
    """What was detected, and in brackets what else its model tells of it."""
    more = ", ".join(notes(detection))
    return f"{name(detection)} ({more})" if more else name(detection)


def notes(detection: Detection) -> Iterator[str]:
    """What else its model tells of it, in brief."""
    if detection.corners:
        yield "oriented"
    if keypoints := len(detection.keypoints):
        yield "1 keypoint" if keypoints == 1 else f"{keypoints} keypoints"
    if detection.mask:
        over = "its box" if detection.box else "the frame"
        yield f"mask over {percent(mask_share(detection.mask))} of {over}"
    if detection.embedding and detection.box:
        yield f"embedding of {len(detection.embedding)}"
