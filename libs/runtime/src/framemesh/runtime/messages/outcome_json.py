"""An outcome as JSON: as `watch --json` and sinks write it; docs/reference.md has the fields."""

from typing import Any

from framemesh.api.common.v1 import outcome_pb2
from framemesh.runtime.messages.detection_json import detection_to_json


def fate_from_proto(outcome: outcome_pb2.Outcome) -> str:
    return outcome_pb2.Fate.Name(outcome.fate).removeprefix("FATE_").lower()


def outcome_to_json(outcome: outcome_pb2.Outcome) -> dict[str, Any]:
    """One line of `watch --json`. Boxes are left, top, right, bottom in fractions of the frame."""
    return {
        "camera": outcome.frame.camera,
        "session": outcome.frame.session,
        "sequence": outcome.frame.sequence,
        "pipeline": outcome.pipeline,
        "fate": fate_from_proto(outcome),
        "reason": outcome.reason,
        "detail": outcome.detail,
        "damaged": outcome.damaged,
        "captured_unix_nano": outcome.captured_unix_nano,
        "completed_unix_nano": outcome.completed_unix_nano,
        "width": outcome.width,
        "height": outcome.height,
        "detections": list(map(detection_to_json, outcome.detections)),
        "completed_by": outcome.completed_by,
        "attempts": outcome.attempts,
        "revision": outcome.revision,
        "models": [
            {"stage": each.stage, "model": each.model, "version": each.version}
            for each in outcome.models
        ],
        "timings_us": {hop.name: micros for hop, micros in outcome.timings.ListFields()},
    }
