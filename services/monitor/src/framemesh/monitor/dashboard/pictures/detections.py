"""Outcomes as messages for the page."""

from base64 import b64encode

from framemesh.core.detection import Detection, Raster
from framemesh.core.hops import Hop
from framemesh.core.outcome import Outcome
from framemesh.monitor.dashboard.messages import detections as messages
from framemesh.monitor.dashboard.messages.live import PictureHeader

MAX_DETECTIONS = 1000
"""That are sent of one frame: more cannot be told apart on a screen."""

MAX_RASTER_BYTES = 64 * 1024
"""Compressed, of one that is sent: a picture with it is hardly larger than one without."""


def detection_messages(outcome: Outcome) -> list[messages.Detection]:
    return [_detection(each) for each in outcome.detections[:MAX_DETECTIONS]]


def picture_header(outcome: Outcome, width: int, height: int) -> PictureHeader:
    """`width` and `height`: of the image as it is stored, where no worker decoded it."""
    return PictureHeader(
        pipeline=outcome.pipeline,
        camera=outcome.frame.camera,
        session=outcome.frame.session,
        sequence=outcome.frame.sequence,
        captured_ms=outcome.captured_unix_nano / 1e6,
        completed_ms=outcome.completed_unix_nano / 1e6,
        width=outcome.width or width,
        height=outcome.height or height,
        fate=outcome.fate.value,
        reason=outcome.reason,
        detections=detection_messages(outcome),
        timings_ms=timings_ms(outcome),
    )


def timings_ms(outcome: Outcome) -> dict[str, float]:
    """By hop, of those that are known."""
    return {
        hop.value: microseconds / 1000
        for hop, microseconds in zip(Hop, outcome.timings, strict=True)
        if microseconds is not None
    }


def _detection(found: Detection) -> messages.Detection:
    box, mask = found.box, found.mask
    return messages.Detection(
        stage=found.stage,
        label=found.label,
        score=found.score,
        box=(box.left, box.top, box.right, box.bottom) if box else None,
        corners=[(place.x, place.y) for place in found.corners],
        keypoints=[(each.at.x, each.at.y, each.score) for each in found.keypoints],
        mask=(
            messages.Mask(width=mask.width, height=mask.height, runs=list(mask.runs))
            if mask
            else None
        ),
        raster=_raster(found.raster) if found.raster else None,
        text=found.text,
        parent=found.parent,
    )


def _raster(found: Raster) -> messages.Raster | None:
    if len(found.values) > MAX_RASTER_BYTES:
        return None
    return messages.Raster(
        kind=found.kind.value,
        width=found.width,
        height=found.height,
        values=b64encode(found.values).decode(),
        low=found.low,
        high=found.high,
        classes=[
            messages.ClassOfCells(class_id=each.class_id, label=each.label, area=each.area)
            for each in found.areas
        ],
    )
