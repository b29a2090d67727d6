"""The outcome of a frame as it is on the wire, and as a camera is told."""

from framemesh.api.common.v1 import outcome_pb2
from framemesh.sdk.session.results.result import Box, Detection, Keypoint, Result


def to_result(outcome: outcome_pb2.Outcome) -> Result:
    return Result(
        session=outcome.frame.session,
        sequence=outcome.frame.sequence,
        # A newer mesh may have fates that this SDK does not know.
        fate=_FATES.get(outcome.fate, f"fate_{outcome.fate}"),
        reason=outcome.reason,
        detail=outcome.detail,
        captured_unix_nano=outcome.captured_unix_nano,
        completed_unix_nano=outcome.completed_unix_nano,
        width=outcome.width,
        height=outcome.height,
        detections=tuple(map(_detection, outcome.detections)),
        serialized=outcome.SerializeToString(),
    )


_FATES = {value: name.removeprefix("FATE_").lower() for name, value in outcome_pb2.Fate.items()}


def _detection(found: outcome_pb2.Detection) -> Detection:
    box = found.box
    return Detection(
        stage=found.stage,
        label=found.label,
        score=found.score,
        box=Box(box.left, box.top, box.right, box.bottom) if found.HasField("box") else None,
        parent=found.parent if found.HasField("parent") else None,
        keypoints=tuple(Keypoint(one.at.x, one.at.y, one.score) for one in found.keypoints),
        text=found.text,
        embedding=tuple(found.embedding),
    )
