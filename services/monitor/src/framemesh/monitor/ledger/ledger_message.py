"""The state of a ledger as bytes, for its checkpoints."""

from collections.abc import Iterable

from google.protobuf.message import DecodeError

from framemesh.api.monitor.v1 import checkpoint_pb2
from framemesh.core.ledger.camera_ledger import Account, LedgerState
from framemesh.core.ledger.camera_ledgers import CamerasState
from framemesh.core.ledger.closed_sessions import ClosedState, IncompleteState
from framemesh.core.ledger.packed_runs import pack, unpack
from framemesh.core.ledger.session_frames import SessionState
from framemesh.monitor.ledger.pipeline_ledger import PipelineLedgerState
from framemesh.monitor.status.traffic_message import traffic_from_proto, traffic_to_proto


def state_to_bytes(state: PipelineLedgerState) -> bytes:
    cameras, closed = state.cameras, state.cameras.closed
    return checkpoint_pb2.LedgerState(
        cameras=[_camera_to_proto(name, camera) for name, camera in cameras.by_name.items()],
        retired=_camera_to_proto("", cameras.retired),
        retired_cameras=cameras.retired_cameras,
        closed_digests=closed.digests,
        closed_frames=closed.frames,
        incomplete=[
            checkpoint_pb2.IncompleteSession(
                digest=each.digest, known=each.known, completed=each.completed
            )
            for each in closed.incomplete
        ],
        incomplete_pending=closed.pending,
        ages_seconds=state.ages,
        accepted=_seconds_to_proto(state.accepted),
        completed=_seconds_to_proto(state.completed),
        traffic=traffic_to_proto(state.traffic),
    ).SerializeToString()


def state_from_bytes(payload: bytes) -> PipelineLedgerState:
    """
    Raises:
        ValueError: `state_to_bytes` did not write this.
    """
    try:
        message = checkpoint_pb2.LedgerState.FromString(payload)
    except DecodeError as error:
        raise ValueError(f"a ledger of {len(payload)} bytes: {error}") from error
    return PipelineLedgerState(
        cameras=CamerasState(
            {camera.camera: _camera_from_proto(camera) for camera in message.cameras},
            _camera_from_proto(message.retired),
            message.retired_cameras,
            _closed_from_proto(message),
        ),
        ages=tuple(message.ages_seconds),
        accepted=_seconds_from_proto(message.accepted),
        completed=_seconds_from_proto(message.completed),
        traffic=traffic_from_proto(message.traffic),
    )


def _closed_from_proto(message: checkpoint_pb2.LedgerState) -> ClosedState:
    return ClosedState(
        tuple(message.closed_digests),
        tuple(message.closed_frames),
        tuple(
            IncompleteState(each.digest, each.known, each.completed) for each in message.incomplete
        ),
        message.incomplete_pending,
    )


def _camera_to_proto(name: str, camera: LedgerState) -> checkpoint_pb2.CameraState:
    account = camera.account
    return checkpoint_pb2.CameraState(
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
            checkpoint_pb2.SessionState(
                session=session.name, known=pack(session.known), completed=pack(session.completed)
            )
            for session in camera.sessions
        ],
    )


def _camera_from_proto(message: checkpoint_pb2.CameraState) -> LedgerState:
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
