"""What happened to one frame."""

from dataclasses import dataclass
from enum import Enum

from google.protobuf.message import DecodeError

from framemesh.core.camera_sessions import Standing
from framemesh.core.frame import FrameId
from framemesh.core.ledger import Account
from framemesh.core.outcome import Outcome
from framemesh.monitor.book import Book
from framemesh.monitor.kept import Kept, newest_of_each, newest_on_record
from framemesh.monitor.library import Library
from framemesh.runtime.jetstream.broker import Broker
from framemesh.runtime.jetstream.subjects import ledger_stream, outcome_subject
from framemesh.runtime.messages import outcome_message

MOST_SESSIONS = 32
"""In one answer."""

EVERY = "*"


class FrameState(Enum):
    """What is on record of a frame."""

    UNKNOWN = "unknown"
    PENDING = "pending"
    SEALED = "sealed"
    FORGOTTEN = "forgotten"
    """It had an outcome, which is no longer kept."""


_ORDER = (FrameState.PENDING, FrameState.SEALED, FrameState.FORGOTTEN, FrameState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class FrameRecord:
    """One frame."""

    id: FrameId
    state: FrameState
    outcome: Outcome | None = None
    """Where it is sealed."""
    stored_unix_nano: int = 0
    """When the broker took the outcome."""


@dataclass(frozen=True, slots=True)
class FoundFrames:
    """The frames of one number, and the ledger of their camera."""

    records: tuple[FrameRecord, ...]
    account: Account


class FrameFinder:
    """Looks into the stream for outcomes, and into the book for what has none there."""

    def __init__(self, broker: Broker, library: Library) -> None:
        self._broker = broker
        self._library = library

    async def find(
        self, pipeline: str, camera: str, sequence: int, session: str = ""
    ) -> FoundFrames:
        """With a session exactly one record, without one of every session that has such a frame:
        pending ones first, then newest first, at most MOST_SESSIONS.

        Raises:
            StreamGone: there is no such pipeline.
            TooManyFound: as many sessions have it as the broker cannot look through.
            BookBehind, BrokerUnavailable: ask again.
        """
        book = (await self._library.ledger(pipeline)).book
        wanted = FrameId(camera, session or EVERY, sequence)
        sealed = await self._sealed(pipeline, wanted)
        names = [session] if session else book.sessions_with(camera, sequence)
        frames = [FrameId(camera, name, sequence) for name in names]
        found = {record.id for record in sealed}
        others = [await self._record(pipeline, f, book) for f in frames if f not in found]
        records = sorted([*others, *sealed], key=lambda record: _ORDER.index(record.state))
        return FoundFrames(tuple(records[:MOST_SESSIONS]), book.account(camera))

    async def _sealed(self, pipeline: str, wanted: FrameId) -> list[FrameRecord]:
        subject = outcome_subject(pipeline, wanted)
        kept = await newest_of_each(self._broker, ledger_stream(pipeline), subject)
        return [record for record in map(_sealed_record, kept) if record]

    async def _record(self, pipeline: str, frame: FrameId, book: Book) -> FrameRecord:
        """Of a frame whose outcome was not found."""
        match book.standing(frame):
            case Standing.UNKNOWN:
                return FrameRecord(frame, FrameState.UNKNOWN)
            case Standing.PENDING:
                return FrameRecord(frame, FrameState.PENDING)
        # The replica that was asked may be behind.
        subject = outcome_subject(pipeline, frame)
        kept = await newest_on_record(self._broker, ledger_stream(pipeline), subject)
        return (kept and _sealed_record(kept)) or FrameRecord(frame, FrameState.FORGOTTEN)


def _sealed_record(kept: Kept) -> FrameRecord | None:
    """None for what somebody else wrote there, which the book logs."""
    try:
        outcome = outcome_message.from_payload(kept.payload)
    except (DecodeError, KeyError):
        return None
    return FrameRecord(outcome.frame, FrameState.SEALED, outcome, kept.stored_unix_nano)
