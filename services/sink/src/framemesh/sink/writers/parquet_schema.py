"""Results as columns, with the names and shapes of their JSON."""

import base64
from typing import Any

import pyarrow as pa

from framemesh.runtime.messages.outcome_json import outcome_to_json
from framemesh.sink.intake.result import Result

_FLOATS = pa.list_(pa.float32())

_AREA = pa.struct({"class_id": pa.int32(), "label": pa.string(), "area": pa.float32()})
_MASK = pa.struct({"width": pa.uint32(), "height": pa.uint32(), "runs": pa.list_(pa.uint32())})
_RASTER = pa.struct(
    {
        "kind": pa.string(),
        "width": pa.uint32(),
        "height": pa.uint32(),
        "values": pa.binary(),
        "low": pa.float32(),
        "high": pa.float32(),
        "areas": pa.list_(_AREA),
    }
)
_DETECTION = pa.struct(
    {
        "stage": pa.string(),
        "label": pa.string(),
        "class_id": pa.int32(),
        "score": pa.float32(),
        "box": _FLOATS,
        "parent": pa.uint32(),
        "corners": pa.list_(_FLOATS),
        "keypoints": pa.list_(_FLOATS),
        "mask": _MASK,
        "raster": _RASTER,
        "text": pa.string(),
        "embedding": _FLOATS,
    }
)
_MODEL = pa.struct({"stage": pa.string(), "model": pa.string(), "version": pa.uint64()})

SCHEMA = pa.schema(
    {
        "camera": pa.string(),
        "session": pa.string(),
        "sequence": pa.uint64(),
        "pipeline": pa.string(),
        "fate": pa.string(),
        "reason": pa.string(),
        "detail": pa.string(),
        "damaged": pa.bool_(),
        "captured_unix_nano": pa.int64(),
        "completed_unix_nano": pa.int64(),
        "width": pa.uint32(),
        "height": pa.uint32(),
        "detections": pa.list_(_DETECTION),
        "completed_by": pa.string(),
        "attempts": pa.uint32(),
        "revision": pa.uint64(),
        "models": pa.list_(_MODEL),
        "timings_us": pa.map_(pa.string(), pa.int64()),
    }
)


def table(results: list[Result]) -> pa.Table:
    """A row for each result."""
    return pa.Table.from_pylist([_row(result) for result in results], SCHEMA)


def _row(result: Result) -> dict[str, Any]:
    row = outcome_to_json(result.outcome)
    row["timings_us"] = list(row["timings_us"].items())
    for detection in row["detections"]:
        if "raster" in detection:
            detection["raster"]["values"] = base64.b64decode(detection["raster"]["values"])
    return row
