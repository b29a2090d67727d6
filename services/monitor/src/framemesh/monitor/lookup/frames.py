"""What happened to one frame."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate, islice

from google.protobuf.message import DecodeError

from framemesh.core.frame import FrameId
from framemesh.core.ledger.camera_ledger import Account
from framemesh.core.ledger.session_frames import FrameStatus
from framemesh.core.outcome import Outcome
from framemesh.core.tracing.trace_context import context_in
from framemesh.monitor.errors import TooManyMatches
from framemesh.monitor.ledger.pipeline_ledger import PipelineLedger
from framemesh.monitor.ledger.registry import LedgerRegistry
from framemesh.runtime.jetstream.api.errors import MessageNotFound, TooManySubjects, retryable
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.messages import StoredMessage
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.messages import outcome_message
from framemesh.runtime.messages.subjects import ledger_stream, outcome_subject

MAX_SESSIONS = 32
"""In one answer."""

MAX_ANSWER_BYTES = 8 * 1024 * 1024
"""Of outcomes in one answer: one of any size, or all of MAX_SESSIONS with a raster each. The
messages of gRPC have a limit, which is above that."""

MAX_PENDING = 10_000
"""That can be listed: more are for nobody to look through, and each page passes those before it."""

EVERY = "*"


class FrameState(Enum):
    """What is on record of a frame."""

    UNKNOWN = "unknown"
    PENDING = "pending"
    COMPLETED = "completed"
    NOT_RETAINED = "not_retained"
    """It had an outcome, which is no longer kept."""


_ORDER = (FrameState.PENDING, FrameState.COMPLETED, FrameState.NOT_RETAINED, FrameState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class FrameRecord:
    """One frame."""

    id: FrameId
    state: FrameState
    outcome: Outcome | None = None
    """Where it is completed."""
    stored_unix_nano: int = 0
    """When the broker took the outcome."""
    stored_bytes: int = 0
    """Of the outcome."""
    trace_id: str = ""
    """32 hexadecimal digits; empty: the outcome tells of no trace."""


@dataclass(frozen=True, slots=True)
class FrameLookupResult:
    """The frames of one number, and the ledger of their camera."""

    records: tuple[FrameRecord, ...]
    account: Account


class FrameLookup:
    """Looks into the stream for outcomes, and into the ledger for what has none there."""

    def __init__(self, broker: Broker, registry: LedgerRegistry) -> None:
        self._messages = JetStream(broker).messages
        self._registry = registry

    async def find(
        self, pipeline: str, camera: str, sequence: int, session: str = ""
    ) -> FrameLookupResult:
        """With a session exactly one record, without one of every session that has such a frame:
        pending ones first, then newest first, at most MAX_SESSIONS and MAX_ANSWER_BYTES.

        Raises:
            StreamGone: there is no such pipeline.
            TooManyMatches: as many sessions have it as the broker cannot look through.
            LedgerBehind, BrokerUnavailable: ask again.
        """
        ledger = (await self._registry.ledger(pipeline)).ledger
        wanted = FrameId(camera, session or EVERY, sequence)
        completed = await self._completed(pipeline, wanted)
        names = [session] if session else ledger.cameras.sessions_with(camera, sequence)
        frames = [FrameId(camera, name, sequence) for name in names]
        found = {record.id for record in completed}
        others = [await self._record(pipeline, f, ledger) for f in frames if f not in found]
        records = sorted([*others, *completed], key=lambda record: _ORDER.index(record.state))
        return FrameLookupResult(first_that_fit(records), ledger.cameras.account(camera))

    async def pending(
        self, pipeline: str, camera: str, size: int, skipped: int
    ) -> tuple[list[FrameId], int]:
        """Frames without an outcome, and how many to skip for the next ones; 0 after the last.

        Args:
            camera: whose; empty: of all.

        Raises:
            StreamGone: there is no such pipeline.
            LedgerBehind, BrokerUnavailable: ask again.
        """
        ledger = (await self._registry.ledger(pipeline)).ledger
        last = min(MAX_PENDING, skipped + size)
        found = list(islice(ledger.cameras.pending_frames(camera), skipped, last + 1))
        more = len(found) > last - skipped and last < MAX_PENDING
        return found[: last - skipped], last if more else 0

    async def _completed(self, pipeline: str, wanted: FrameId) -> list[FrameRecord]:
        subject = outcome_subject(pipeline, wanted)
        try:
            stored = await self._messages.direct_last_of_each(ledger_stream(pipeline), subject)
        except TooManySubjects as error:
            raise TooManyMatches(
                f"too many sessions have a frame {wanted.sequence} of {wanted.camera}:"
                " name the session"
            ) from error
        # In a thread: results of 8 MiB take half a second.
        return await asyncio.to_thread(_completed_records, stored)

    async def _record(self, pipeline: str, frame: FrameId, ledger: PipelineLedger) -> FrameRecord:
        """Of a frame whose outcome was not found."""
        match ledger.frame_status(frame):
            case FrameStatus.UNKNOWN:
                return FrameRecord(frame, FrameState.UNKNOWN)
            case FrameStatus.PENDING:
                return FrameRecord(frame, FrameState.PENDING)
        # The replica that was asked may be behind.
        subject = outcome_subject(pipeline, frame)
        not_retained = FrameRecord(frame, FrameState.NOT_RETAINED)
        with retryable("cannot read the outcome"):
            try:
                stored = await self._messages.last(ledger_stream(pipeline), subject)
            except MessageNotFound:
                return not_retained
        return await asyncio.to_thread(_completed_record, stored) or not_retained


def first_that_fit(records: Sequence[FrameRecord]) -> tuple[FrameRecord, ...]:
    """As many as one answer holds, and one at least."""
    sizes = accumulate(record.stored_bytes for record in records[:MAX_SESSIONS])
    fitting = sum(size <= MAX_ANSWER_BYTES for size in sizes)
    return tuple(records[: max(1, fitting)])


def _completed_records(stored: Sequence[StoredMessage]) -> list[FrameRecord]:
    """The newest first."""
    return [record for record in map(_completed_record, reversed(stored)) if record]


def _completed_record(stored: StoredMessage) -> FrameRecord | None:
    """None for what somebody else wrote there, which the ledger logs."""
    try:
        outcome = outcome_message.from_payload(stored.payload)
    except (DecodeError, KeyError):
        return None
    return FrameRecord(
        outcome.frame,
        FrameState.COMPLETED,
        outcome,
        stored.stored_unix_nano,
        len(stored.payload),
        _trace_id(stored.headers),
    )


def _trace_id(headers: Mapping[str, str]) -> str:
    context = context_in(headers)
    return f"{context.trace_id:032x}" if context and context.sampled else ""
