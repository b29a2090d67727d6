"""Between the messages of MonitorService and the types of the monitor."""

from google.protobuf.message import DecodeError

from framemesh.api.common.v1 import frame_pb2, outcome_pb2
from framemesh.api.monitor.v1 import dead_letter_pb2, monitor_pb2
from framemesh.core.frame import FrameId
from framemesh.core.ledger.camera_ledger import Account
from framemesh.monitor.errors import InvalidPageToken
from framemesh.monitor.ledger.pipeline_ledger import AgePercentiles
from framemesh.monitor.ledger.registry import LedgerSnapshot
from framemesh.monitor.lookup.dead_letters import Page
from framemesh.monitor.lookup.frames import FrameLookupResult, FrameRecord, FrameState
from framemesh.monitor.status.backlog import Backlog
from framemesh.monitor.status.traffic_message import from_traffic
from framemesh.runtime.messages import outcome_message
from framemesh.runtime.messages.dead_letter_message import DeadLetter

_FROM_STATE = {
    FrameState.UNKNOWN: monitor_pb2.FRAME_STATE_UNKNOWN,
    FrameState.PENDING: monitor_pb2.FRAME_STATE_PENDING,
    FrameState.SEALED: monitor_pb2.FRAME_STATE_COMPLETED,
    FrameState.FORGOTTEN: monitor_pb2.FRAME_STATE_NOT_RETAINED,
}


def from_ledger(
    pipeline: str, snapshot: LedgerSnapshot, backlog: Backlog, dead_letters: int, now_unix_nano: int
) -> monitor_pb2.PipelineStatus:
    ledger = snapshot.ledger
    return monitor_pb2.PipelineStatus(
        pipeline=pipeline,
        cameras=[_from_account(name, account) for name, account in ledger.accounts.items()],
        backlog=backlog.frames,
        backlog_bytes=backlog.bytes,
        accepted_per_second=ledger.accepted.per_second(now_unix_nano),
        completed_per_second=ledger.sealed.per_second(now_unix_nano),
        age=_from_ages(ledger.ages),
        duplicate_outcomes=ledger.duplicates,
        unread_entries=snapshot.unread,
        dead_letters=dead_letters,
        traffic=from_traffic(ledger.traffic),
    )


def from_frames(camera: str, found: FrameLookupResult) -> monitor_pb2.GetFrameResponse:
    return monitor_pb2.GetFrameResponse(
        frames=map(_from_record, found.records), ledger=_from_account(camera, found.account)
    )


def to_before(page_token: str) -> int:
    """
    Raises:
        InvalidPageToken: `from_page` did not write this.
    """
    if page_token and not page_token.isdecimal():
        raise InvalidPageToken(
            f"page_token: {page_token!r} is from no answer: send next_page_token"
        )
    return int(page_token or 0)


def from_page(page: Page) -> dead_letter_pb2.ListDeadLettersResponse:
    return dead_letter_pb2.ListDeadLettersResponse(
        dead_letters=[from_dead_letter(one.letter, one.image_bytes) for one in page.letters],
        next_page_token=str(page.before or ""),
    )


def from_dead_letter(letter: DeadLetter, image_bytes: int) -> dead_letter_pb2.DeadLetter:
    return dead_letter_pb2.DeadLetter(
        frame=_from_id(letter.frame.id),
        reason=letter.reason,
        detail=letter.detail,
        attempts=letter.attempts,
        worker=letter.worker,
        captured_unix_nano=letter.frame.captured_unix_nano,
        died_unix_nano=letter.died_unix_nano,
        image_bytes=image_bytes,
        crc32=letter.frame.crc32,
    )


def to_outcome(payload: bytes) -> outcome_pb2.Outcome | None:
    """The outcome in a message; None for what somebody else wrote there, which the book logs."""
    try:
        outcome = outcome_pb2.Outcome.FromString(payload)
    except DecodeError:
        return None
    return outcome if outcome.fate else None


def _from_record(record: FrameRecord) -> monitor_pb2.FrameRecord:
    outcome = record.outcome
    return monitor_pb2.FrameRecord(
        frame=_from_id(record.id),
        state=_FROM_STATE[record.state],
        outcome=None if outcome is None else outcome_message.to_proto(outcome),
        stored_unix_nano=record.stored_unix_nano,
    )


def _from_id(frame: FrameId) -> frame_pb2.FrameId:
    return frame_pb2.FrameId(camera=frame.camera, session=frame.session, sequence=frame.sequence)


def _from_account(camera: str, account: Account) -> monitor_pb2.CameraLedger:
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


def _from_ages(ages: AgePercentiles) -> monitor_pb2.AgePercentiles:
    return monitor_pb2.AgePercentiles(
        p50_ms=1000 * ages.p50, p95_ms=1000 * ages.p95, p99_ms=1000 * ages.p99
    )
