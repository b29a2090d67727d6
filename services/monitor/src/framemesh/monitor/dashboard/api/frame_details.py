"""All that is on record of one frame as a message."""

from framemesh.core.outcome import Outcome
from framemesh.monitor.dashboard.mesh.pipeline_converters import counts
from framemesh.monitor.dashboard.messages.frames import (
    CameraLedger,
    DeadLetter,
    FrameDetails,
    FrameOutcome,
    Step,
)
from framemesh.monitor.dashboard.pictures.detections import detection_messages, timings_ms
from framemesh.monitor.lookup.frames import FrameLookupResult, FrameState


def frame_details(
    pipeline: str,
    found: FrameLookupResult,
    letter: DeadLetter | None,
    *,
    shown: bool,
    trace_url: str | None,
) -> FrameDetails:
    """Of the only record that is found.

    Args:
        shown: whether its picture is among those that were shown lately.
        trace_url: the page of its trace; None: there is none.
    """
    record = found.records[0]
    frame, outcome = record.id, record.outcome
    has_picture = shown or letter is not None or record.state is FrameState.PENDING
    address = picture_address(pipeline, frame.camera, frame.session, frame.sequence)
    return FrameDetails(
        pipeline=pipeline,
        camera=frame.camera,
        session=frame.session,
        sequence=frame.sequence,
        state=record.state.value,
        outcome=_outcome(outcome) if outcome else None,
        ledger=CameraLedger(**counts(found.account), reasons=found.account.reasons),
        timeline=timeline(outcome) if outcome else [],
        attempts=outcome.attempts if outcome else 0,
        completed_by=outcome.completed_by if outcome else "",
        models=[f"{each.stage}: {each.model}:{each.version}" for each in outcome.models]
        if outcome
        else [],
        trace_id=record.trace_id or None,
        trace_url=trace_url,
        picture_url=address if has_picture else None,
        dead_letter=letter,
    )


def picture_address(pipeline: str, camera: str, session: str, sequence: int) -> str:
    return f"/api/v1/pipelines/{pipeline}/frames/{camera}/{session}/{sequence}/picture"


def timeline(outcome: Outcome) -> list[Step]:
    """The hops one after the other, from the capture on; they add up to the age."""
    at, steps = outcome.captured_unix_nano / 1e6, []
    for hop, duration in timings_ms(outcome).items():
        steps.append(Step(name=hop, at_ms=at, duration_ms=duration))
        at += duration
    return steps


def _outcome(outcome: Outcome) -> FrameOutcome:
    return FrameOutcome(
        fate=outcome.fate.value,
        reason=outcome.reason,
        detail=outcome.detail,
        captured_ms=outcome.captured_unix_nano / 1e6,
        completed_ms=outcome.completed_unix_nano / 1e6,
        width=outcome.width,
        height=outcome.height,
        damaged=outcome.damaged,
        revision=outcome.revision,
        detections=detection_messages(outcome),
        timings_ms=timings_ms(outcome),
    )
