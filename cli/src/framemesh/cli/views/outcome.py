"""How an outcome looks on a terminal."""

from framemesh.api.common.v1 import outcome_pb2
from framemesh.cli.views.detections import summary
from framemesh.runtime.messages.outcome_json import fate_from_proto


def line(outcome: outcome_pb2.Outcome) -> str:
    """An outcome for a person: camera, sequence, age, and what was detected or went wrong."""
    age_ms = (outcome.completed_unix_nano - outcome.captured_unix_nano) / 1e6
    return f"{outcome.frame.camera} {outcome.frame.sequence} {age_ms:.0f} ms {result(outcome)}"


def result(outcome: outcome_pb2.Outcome) -> str:
    """What was detected in a frame, or why its fate is another than done."""
    if outcome.fate != outcome_pb2.FATE_DONE:
        why = ": ".join(filter(None, (outcome.reason, outcome.detail)))
        return f"{fate_from_proto(outcome)} ({why})"
    found = summary(outcome.detections)
    return f"{found} (damaged: {outcome.detail})" if outcome.damaged else found
