"""A checkpoint as the value of a key-value bucket."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from framemesh.api.monitor.v1 import checkpoint_pb2
from framemesh.core.errors import FramemeshError
from framemesh.core.ledger.camera_ledger import Account, LedgerState
from framemesh.core.ledger.camera_sessions import SessionState
from framemesh.core.ledger.closed_sessions import ClosedState
from framemesh.core.ledger.packed_runs import pack, unpack
from framemesh.monitor.ledger.pipeline_ledger import PipelineLedger, PipelineLedgerState
from framemesh.monitor.status.traffic_message import traffic_from_proto, traffic_to_proto

FAST = 1
"""Of zlib's levels; higher ones take five times as long for a tenth less."""


class CheckpointCorrupt(FramemeshError):
    """What is stored as a checkpoint is none."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A book, and the stream that it was read from."""

    stream_created: str
    ledger: PipelineLedger


def to_payload(stream_created: str, ledger: PipelineLedgerState) -> bytes:
    """What is stored of a book, which was read from the stream that was made then."""
    message = checkpoint_pb2.Checkpoint(
        stream_created=stream_created,
        sequence=ledger.sequence,
        unread=ledger.unread,
        cameras=[_camera_to_proto(name, camera) for name, camera in ledger.cameras.items()],
        closed_digests=ledger.closed.digests,
        closed_frames=ledger.closed.frames,
        ages_seconds=ledger.ages,
        accepted=_seconds_to_proto(ledger.accepted),
        completed=_seconds_to_proto(ledger.sealed),
        traffic=traffic_to_proto(ledger.traffic),
    )
    return zlib.compress(message.SerializeToString(), FAST)


def from_payload(payload: bytes) -> Checkpoint:
    """
    Raises:
        CheckpointCorrupt: `to_payload` did not write this.
    """
    try:
        message = checkpoint_pb2.Checkpoint.FromString(zlib.decompress(payload))
        return Checkpoint(message.stream_created, PipelineLedger(_state_from_proto(message)))
    except (zlib.error, DecodeError, ValueError) as error:
        raise CheckpointCorrupt(f"a checkpoint of {len(payload)} bytes: {error}") from error


def _state_from_proto(message: checkpoint_pb2.Checkpoint) -> PipelineLedgerState:
    return PipelineLedgerState(
        sequence=message.sequence,
        unread=message.unread,
        cameras={camera.camera: _camera_from_proto(camera) for camera in message.cameras},
        closed=ClosedState(tuple(message.closed_digests), tuple(message.closed_frames)),
        ages=tuple(message.ages_seconds),
        accepted=_seconds_from_proto(message.accepted),
        sealed=_seconds_from_proto(message.completed),
        traffic=traffic_from_proto(message.traffic),
    )


def _camera_to_proto(name: str, camera: LedgerState) -> checkpoint_pb2.CameraCheckpoint:
    account = camera.account
    return checkpoint_pb2.CameraCheckpoint(
        camera=name,
        accepted=account.accepted,
        rejected=account.rejected,
        done=account.done,
        expired=account.expired,
        superseded=account.superseded,
        dead=account.dead,
        reasons=account.reasons,
        duplicate_outcomes=camera.duplicates,
        sessions=[
            checkpoint_pb2.SessionCheckpoint(
                session=session.name, known=pack(session.known), completed=pack(session.sealed)
            )
            for session in camera.sessions
        ],
    )


def _camera_from_proto(message: checkpoint_pb2.CameraCheckpoint) -> LedgerState:
    account = Account(
        accepted=message.accepted,
        rejected=message.rejected,
        done=message.done,
        expired=message.expired,
        superseded=message.superseded,
        dead=message.dead,
        reasons=dict(message.reasons),
    )
    sessions = (
        SessionState(session.session, unpack(session.known), unpack(session.completed))
        for session in message.sessions
    )
    return LedgerState(account, message.duplicate_outcomes, tuple(sessions))


def _seconds_to_proto(seconds: Iterable[tuple[int, int]]) -> list[checkpoint_pb2.SecondCount]:
    return [checkpoint_pb2.SecondCount(unix_second=at, events=events) for at, events in seconds]


def _seconds_from_proto(
    messages: Iterable[checkpoint_pb2.SecondCount],
) -> tuple[tuple[int, int], ...]:
    return tuple((message.unix_second, message.events) for message in messages)
