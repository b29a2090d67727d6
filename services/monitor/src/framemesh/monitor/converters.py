"""Between the messages of MonitorService and the types of the monitor."""

from google.protobuf.message import DecodeError

from framemesh.api.common.v1 import frame_pb2, outcome_pb2
from framemesh.api.monitor.v1 import dead_letter_pb2, monitor_pb2
from framemesh.core.frame import FrameId
from framemesh.core.ledger.camera_ledger import Account
from framemesh.monitor.errors import InvalidPageToken
from framemesh.monitor.ledger.pipeline_ledger import AgePercentiles
from framemesh.monitor.lookup.dead_letters import Page
from framemesh.monitor.lookup.frames import FrameLookupResult, FrameRecord, FrameState
from framemesh.monitor.status.backlog import Backlog
from framemesh.monitor.status.pipeline_status import PipelineStatus
from framemesh.monitor.status.traffic_message import traffic_to_proto
from framemesh.runtime.messages import outcome_message
from framemesh.runtime.messages.dead_letter_message import DeadLetter

_STATE_TO_PROTO = {
    FrameState.UNKNOWN: monitor_pb2.FRAME_STATE_UNKNOWN,
    FrameState.PENDING: monitor_pb2.FRAME_STATE_PENDING,
    FrameState.COMPLETED: monitor_pb2.FRAME_STATE_COMPLETED,
    FrameState.NOT_RETAINED: monitor_pb2.FRAME_STATE_NOT_RETAINED,
}


def status_to_proto(status: PipelineStatus) -> monitor_pb2.PipelineStatus:
    backlog = status.backlog or Backlog(0, 0)
    message = monitor_pb2.PipelineStatus(
        pipeline=status.pipeline,
        backlog=backlog.frames,
        backlog_bytes=backlog.bytes,
        unread_entries=status.unread_entries,
        dead_letters=status.dead_letters or 0,
        problem=status.problem,
    )
    if (ledger := status.ledger) is not None:
        message.cameras.extend(
            _account_to_proto(name, account) for name, account in ledger.accounts.items()
        )
        message.retired.CopyFrom(_account_to_proto("", ledger.retired))
        message.retired_cameras = ledger.retired_cameras
        message.accepted_per_second = ledger.accepted_per_second
        message.completed_per_second = ledger.completed_per_second
        message.age.CopyFrom(_ages_to_proto(ledger.ages))
        message.hops.extend(
            monitor_pb2.HopPercentiles(
                hop=hop.value, p50_ms=1000 * times.p50, p99_ms=1000 * times.p99
            )
            for hop, times in ledger.hops.items()
        )
        message.duplicate_outcomes = ledger.duplicate_outcomes
        message.traffic.CopyFrom(traffic_to_proto(ledger.traffic))
    return message


def frames_to_proto(camera: str, found: FrameLookupResult) -> monitor_pb2.GetFrameResponse:
    return monitor_pb2.GetFrameResponse(
        frames=map(_record_to_proto, found.records), ledger=_account_to_proto(camera, found.account)
    )


def before_from_page_token(page_token: str) -> int:
    """
    Raises:
        InvalidPageToken: `page_to_proto` did not write this.
    """
    if page_token and not page_token.isdecimal():
        raise InvalidPageToken(
            f"page_token: {page_token!r} is from no answer: send next_page_token"
        )
    return int(page_token or 0)


def page_to_proto(page: Page) -> dead_letter_pb2.ListDeadLettersResponse:
    return dead_letter_pb2.ListDeadLettersResponse(
        dead_letters=[dead_letter_to_proto(one.letter, one.image_bytes) for one in page.letters],
        next_page_token=str(page.before or ""),
    )


def dead_letter_to_proto(letter: DeadLetter, image_bytes: int) -> dead_letter_pb2.DeadLetter:
    return dead_letter_pb2.DeadLetter(
        frame=_id_to_proto(letter.frame.id),
        reason=letter.reason,
        detail=letter.detail,
        attempts=letter.attempts,
        worker=letter.worker,
        captured_unix_nano=letter.frame.captured_unix_nano,
        died_unix_nano=letter.died_unix_nano,
        image_bytes=image_bytes,
        crc32=letter.frame.crc32,
        headers=letter.frame.headers,
    )


def outcome_from_payload(payload: bytes) -> outcome_pb2.Outcome | None:
    """The outcome in a message; None for what somebody else wrote there, which the ledger logs."""
    try:
        outcome = outcome_pb2.Outcome.FromString(payload)
    except DecodeError:
        return None
    return outcome if outcome.fate else None


def _record_to_proto(record: FrameRecord) -> monitor_pb2.FrameRecord:
    outcome = record.outcome
    return monitor_pb2.FrameRecord(
        frame=_id_to_proto(record.id),
        state=_STATE_TO_PROTO[record.state],
        outcome=None if outcome is None else outcome_message.to_proto(outcome),
        stored_unix_nano=record.stored_unix_nano,
        trace_id=record.trace_id,
    )


def frame_id_from_proto(message: frame_pb2.FrameId) -> FrameId:
    return FrameId(message.camera, message.session, message.sequence)


def _id_to_proto(frame: FrameId) -> frame_pb2.FrameId:
    return frame_pb2.FrameId(camera=frame.camera, session=frame.session, sequence=frame.sequence)


def _account_to_proto(camera: str, account: Account) -> monitor_pb2.CameraLedger:
    return monitor_pb2.CameraLedger(
        camera=camera,
        offered=account.offered,
        accepted=account.accepted,
        rejected=account.rejected,
        done=account.done,
        expired=account.expired,
        superseded=account.superseded,
        dead=account.dead,
        pending=account.pending,
        reasons=account.reasons,
    )


def _ages_to_proto(ages: AgePercentiles) -> monitor_pb2.AgePercentiles:
    return monitor_pb2.AgePercentiles(
        p50_ms=1000 * ages.p50, p95_ms=1000 * ages.p95, p99_ms=1000 * ages.p99
    )
