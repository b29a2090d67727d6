"""A detection as a protobuf message."""

from framemesh.api.common.v1 import outcome_pb2
from framemesh.core.detection import (
    Box,
    ClassArea,
    Detection,
    Keypoint,
    Mask,
    Point,
    Raster,
    RasterKind,
)

_KIND_TO_PROTO = {
    RasterKind.CLASSES: outcome_pb2.RASTER_KIND_CLASSES,
    RasterKind.ANOMALY: outcome_pb2.RASTER_KIND_ANOMALY,
    RasterKind.DEPTH: outcome_pb2.RASTER_KIND_DEPTH,
}
_KIND_FROM_PROTO = {number: kind for kind, number in _KIND_TO_PROTO.items()}


def detection_to_proto(detection: Detection) -> outcome_pb2.Detection:
    message = outcome_pb2.Detection(
        stage=detection.stage,
        label=detection.label,
        class_id=detection.class_id,
        score=detection.score,
        box=None if detection.box is None else _box_to_proto(detection.box),
        parent=detection.parent,
    )
    # Most detections are a box alone: what they do not have costs nothing.
    if detection.corners:
        message.corners.extend(map(_point_to_proto, detection.corners))
    if detection.keypoints:
        message.keypoints.extend(map(_keypoint_to_proto, detection.keypoints))
    if detection.mask:
        mask = detection.mask
        message.mask.CopyFrom(
            outcome_pb2.Mask(width=mask.width, height=mask.height, runs=mask.runs)
        )
    if detection.raster:
        message.raster.CopyFrom(_raster_to_proto(detection.raster))
    if detection.text:
        message.text = detection.text
    if detection.embedding:
        message.embedding.extend(detection.embedding)
    return message


def detections_from_proto(outcome: outcome_pb2.Outcome) -> tuple[Detection, ...]:
    """All of an outcome.

    Raises:
        KeyError: the kind of a raster is unset or unknown.
    """
    return tuple(map(detection_from_proto, outcome.detections))


def detection_from_proto(message: outcome_pb2.Detection) -> Detection:
    """
    Raises:
        KeyError: the kind of a raster is unset or unknown.
    """
    box, mask = message.box, message.mask
    return Detection(
        stage=message.stage,
        label=message.label,
        class_id=message.class_id,
        score=message.score,
        box=Box(box.left, box.top, box.right, box.bottom) if message.HasField("box") else None,
        parent=message.parent if message.HasField("parent") else None,
        corners=tuple(Point(corner.x, corner.y) for corner in message.corners),
        keypoints=tuple(
            Keypoint(Point(keypoint.at.x, keypoint.at.y), keypoint.score)
            for keypoint in message.keypoints
        ),
        mask=(
            Mask(mask.width, mask.height, tuple(mask.runs)) if message.HasField("mask") else None
        ),
        raster=_raster_from_proto(message.raster) if message.HasField("raster") else None,
        text=message.text,
        embedding=tuple(message.embedding),
    )


def _box_to_proto(box: Box) -> outcome_pb2.Box:
    return outcome_pb2.Box(left=box.left, top=box.top, right=box.right, bottom=box.bottom)


def _point_to_proto(point: Point) -> outcome_pb2.Point:
    return outcome_pb2.Point(x=point.x, y=point.y)


def _keypoint_to_proto(keypoint: Keypoint) -> outcome_pb2.Keypoint:
    return outcome_pb2.Keypoint(at=_point_to_proto(keypoint.at), score=keypoint.score)


def _raster_to_proto(raster: Raster) -> outcome_pb2.Raster:
    return outcome_pb2.Raster(
        kind=_KIND_TO_PROTO[raster.kind],
        width=raster.width,
        height=raster.height,
        values=raster.values,
        low=raster.low,
        high=raster.high,
        areas=[
            outcome_pb2.ClassArea(class_id=each.class_id, label=each.label, area=each.area)
            for each in raster.areas
        ],
    )


def _raster_from_proto(message: outcome_pb2.Raster) -> Raster:
    return Raster(
        kind=_KIND_FROM_PROTO[message.kind],
        width=message.width,
        height=message.height,
        values=message.values,
        low=message.low,
        high=message.high,
        areas=tuple(ClassArea(each.class_id, each.label, each.area) for each in message.areas),
    )
