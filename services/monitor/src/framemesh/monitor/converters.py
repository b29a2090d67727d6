"""Between the messages of MonitorService and the types of the monitor."""

from google.protobuf.message import DecodeError

from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.monitor.v1 import monitor_pb2
from framemesh.core.ledger import Account
from framemesh.monitor.backlog import Backlog
from framemesh.monitor.book import Ages, Book


def from_book(
    pipeline: str, book: Book, backlog: Backlog, now_unix_nano: int
) -> monitor_pb2.PipelineStatus:
    return monitor_pb2.PipelineStatus(
        pipeline=pipeline,
        cameras=[_from_account(name, account) for name, account in book.accounts.items()],
        backlog=backlog.frames,
        backlog_bytes=backlog.bytes,
        accepted_per_second=book.accepted.per_second(now_unix_nano),
        sealed_per_second=book.sealed.per_second(now_unix_nano),
        age=_from_ages(book.ages),
        duplicate_outcomes=book.duplicates,
    )


def to_outcome(payload: bytes) -> outcome_pb2.Outcome | None:
    """The outcome in a message; None for what somebody else wrote there, which the book logs."""
    try:
        outcome = outcome_pb2.Outcome.FromString(payload)
    except DecodeError:
        return None
    return outcome if outcome.fate else None


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


def _from_ages(ages: Ages) -> monitor_pb2.AgePercentiles:
    return monitor_pb2.AgePercentiles(
        p50_ms=1000 * ages.p50, p95_ms=1000 * ages.p95, p99_ms=1000 * ages.p99
    )
