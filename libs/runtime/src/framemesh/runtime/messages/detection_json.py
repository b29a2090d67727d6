"""A detection as `--json` prints it; docs/reference.md has the fields."""

import base64
from typing import Any

from framemesh.api.common.v1 import outcome_pb2


def detection_to_json(detection: outcome_pb2.Detection) -> dict[str, Any]:
    """Positions are fractions of the frame. What its model does not tell is left out."""
    box = detection.box
    document: dict[str, Any] = {
        "stage": detection.stage,
        "label": detection.label,
        "class_id": detection.class_id,
        "score": detection.score,
        "box": [box.left, box.top, box.right, box.bottom] if detection.HasField("box") else None,
        "parent": detection.parent if detection.HasField("parent") else None,
    }
    if detection.corners:
        document["corners"] = [[corner.x, corner.y] for corner in detection.corners]
    if detection.keypoints:
        document["keypoints"] = [[one.at.x, one.at.y, one.score] for one in detection.keypoints]
    if detection.HasField("mask"):
        document["mask"] = _mask(detection.mask)
    if detection.HasField("raster"):
        document["raster"] = _raster(detection.raster)
    if detection.text:
        document["text"] = detection.text
    if detection.embedding:
        document["embedding"] = list(detection.embedding)
    return document


def _mask(mask: outcome_pb2.Mask) -> dict[str, Any]:
    return {"width": mask.width, "height": mask.height, "runs": list(mask.runs)}


def _raster(raster: outcome_pb2.Raster) -> dict[str, Any]:
    return {
        "kind": outcome_pb2.RasterKind.Name(raster.kind).removeprefix("RASTER_KIND_").lower(),
        "width": raster.width,
        "height": raster.height,
        "values": base64.b64encode(raster.values).decode(),
        "low": raster.low,
        "high": raster.high,
        "areas": [
            {"class_id": one.class_id, "label": one.label, "area": one.area} for one in raster.areas
        ],
    }
