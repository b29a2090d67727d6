"""An outcome as a protobuf message, and as a message of the ledger's stream."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from google.protobuf.message import DecodeError

from framemesh.api.common.v1 import frame_pb2, outcome_pb2
from framemesh.core.frame import FrameId
from framemesh.core.hops import HopTimings
from framemesh.core.outcome import Fate, Outcome, StageModel
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.messages.detection_message import detection_from_proto, detection_to_proto
from framemesh.runtime.messages.subjects import ledger_stream, outcome_subject, runs_stream

_FATE_TO_PROTO = {
    Fate.DONE: outcome_pb2.FATE_DONE,
    Fate.EXPIRED: outcome_pb2.FATE_EXPIRED,
    Fate.SUPERSEDED: outcome_pb2.FATE_SUPERSEDED,
    Fate.DEAD: outcome_pb2.FATE_DEAD,
    Fate.REJECTED: outcome_pb2.FATE_REJECTED,
}
_FATE_FROM_PROTO = {number: fate for fate, number in _FATE_TO_PROTO.items()}

DAMAGED = "damaged"
"""The word under which the ledger counts frames with that mark."""


@dataclass(frozen=True, slots=True)
class OutcomeSummary:
    """What the ledger counts of an outcome."""

    frame: FrameId
    fate: Fate
    reason: str
    """Of a frame that is done: `damaged`, or empty."""
    age_seconds: float
    """From capture to outcome."""
    image_bytes: int
    tensor_bytes: int
    revision: int = 0
    captured_unix_nano: int = 0
    completed_unix_nano: int = 0
    attempts: int = 0


NO_HEADERS: Mapping[str, str] = MappingProxyType({})


def to_message(outcome: Outcome, headers: Mapping[str, str] = NO_HEADERS) -> OutboundMessage:
    """The message that stores `outcome`, unless its frame has one already in the same run.

    Args:
        headers: such as the context of the frame's trace.
    """
    return OutboundMessage(
        outcome_subject(outcome.pipeline, outcome.frame, outcome.run),
        to_proto(outcome).SerializeToString(),
        headers=headers,
        stream=(runs_stream if outcome.run else ledger_stream)(outcome.pipeline),
    )


def from_payload(payload: bytes) -> Outcome:
    """The outcome that was stored.

    Raises:
        DecodeError, KeyError: the payload is no outcome, or has no fate.
    """
    return from_proto(outcome_pb2.Outcome.FromString(payload))


def summary_from_payload(payload: bytes) -> OutcomeSummary:
    """Decode what the ledger needs of a stored outcome, at a fraction of the cost of all of it.

    Raises:
        DecodeError, KeyError: the payload is no outcome, or has no fate.
    """
    message = outcome_pb2.OutcomeHead.FromString(payload)
    frame = message.frame
    return OutcomeSummary(
        frame=FrameId(frame.camera, frame.session, frame.sequence),
        fate=_FATE_FROM_PROTO[message.fate],
        reason=message.reason or (DAMAGED if message.damaged else ""),
        age_seconds=(message.completed_unix_nano - message.captured_unix_nano) / 1e9,
        image_bytes=message.image_bytes,
        tensor_bytes=message.tensor_bytes,
        revision=message.revision,
        captured_unix_nano=message.captured_unix_nano,
        completed_unix_nano=message.completed_unix_nano,
        attempts=message.attempts,
    )


def timings_from_payload(payload: bytes) -> HopTimings:
    """Those of a stored outcome, without its detections.

    Raises:
        DecodeError: the payload is no outcome.
    """
    return timings_from_proto(outcome_pb2.OutcomeHead.FromString(payload).timings)


def crc32_from_payload(payload: bytes) -> int | None:
    """That of the image of a stored outcome; None: it is not known, or that is no outcome."""
    try:
        message = outcome_pb2.OutcomeHead.FromString(payload)
    except DecodeError:
        return None
    return message.crc32 if message.HasField("crc32") else None


def to_proto(outcome: Outcome) -> outcome_pb2.Outcome:
    """For storage and for clients."""
    frame = outcome.frame
    message = outcome_pb2.Outcome(
        frame=frame_pb2.FrameId(
            camera=frame.camera, session=frame.session, sequence=frame.sequence
        ),
        pipeline=outcome.pipeline,
        fate=_FATE_TO_PROTO[outcome.fate],
        reason=outcome.reason,
        detail=outcome.detail,
        captured_unix_nano=outcome.captured_unix_nano,
        completed_unix_nano=outcome.completed_unix_nano,
        width=outcome.width,
        height=outcome.height,
        detections=map(detection_to_proto, outcome.detections),
        completed_by=outcome.completed_by,
        attempts=outcome.attempts,
        image_bytes=outcome.image_bytes,
        tensor_bytes=outcome.tensor_bytes,
        damaged=outcome.damaged,
        run=outcome.run,
        revision=outcome.revision,
        models=[
            outcome_pb2.StageModel(stage=each.stage, model=each.model, version=each.version)
            for each in outcome.models
        ],
    )
    if outcome.crc32 is not None:
        message.crc32 = outcome.crc32
    _write_timings(outcome.timings, message)
    return message


def from_proto(message: outcome_pb2.Outcome) -> Outcome:
    """
    Raises:
        KeyError: its fate is unset or unknown.
    """
    frame = message.frame
    return Outcome(
        frame=FrameId(frame.camera, frame.session, frame.sequence),
        pipeline=message.pipeline,
        fate=_FATE_FROM_PROTO[message.fate],
        captured_unix_nano=message.captured_unix_nano,
        completed_unix_nano=message.completed_unix_nano,
        completed_by=message.completed_by,
        reason=message.reason,
        detail=message.detail,
        width=message.width,
        height=message.height,
        detections=tuple(map(detection_from_proto, message.detections)),
        attempts=message.attempts,
        image_bytes=message.image_bytes,
        tensor_bytes=message.tensor_bytes,
        damaged=message.damaged,
        run=message.run,
        revision=message.revision,
        models=tuple(StageModel(each.stage, each.model, each.version) for each in message.models),
        timings=timings_from_proto(message.timings),
        crc32=message.crc32 if message.HasField("crc32") else None,
    )


def timings_from_proto(message: outcome_pb2.HopTimings) -> HopTimings:
    """Of what is not there, None."""
    return HopTimings(**{field.name: value for field, value in message.ListFields()})


def _write_timings(timings: HopTimings, message: outcome_pb2.Outcome) -> None:
    # Field by field takes a third of the time of a message that is copied.
    ingest, dwell, queue, decode, batch, triton, outcome = timings
    to = message.timings
    if ingest is not None:
        to.ingest = ingest
    if dwell is not None:
        to.dwell = dwell
    if queue is not None:
        to.queue = queue
    if decode is not None:
        to.decode = decode
    if batch is not None:
        to.batch = batch
    if triton is not None:
        to.triton = triton
    if outcome is not None:
        to.outcome = outcome
