"""Evicts a camera's oldest buffered frame when the stream is full: policy `latest` in ingest."""

from collections.abc import Callable
from dataclasses import dataclass

from framemesh.core.clock import Clock
from framemesh.core.frame import Frame
from framemesh.core.hops import HopTimings
from framemesh.core.outcome import Fate, Outcome
from framemesh.runtime.dataplane.data_plane import Sink
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from framemesh.runtime.jetstream.api.errors import ApiError, MessageNotFound, StreamNotFound
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.messages import StoredMessage
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import frame_message, outcome_message

log = get_logger()


@dataclass(frozen=True, slots=True)
class EvictionDeps:
    """What the evictions of all sessions share."""

    broker: Broker
    sink: Sink
    name: str
    """Of this ingest, in the outcomes that it writes."""
    clock: Clock
    superseded: Callable[["Superseded"], None] = lambda _: None
    """Is told of each frame whose outcome was stored."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """A frame that gave way to a newer one in the buffer."""

    frame: Frame
    """Without its image."""
    outcome: Outcome
    stream: str
    stored_unix_nano: int
    """When the buffer got it."""


class LatestEviction:
    """Makes room in one stream. Workers supersede older frames too; this serves while they are away
    or stuck."""

    def __init__(self, pipeline: str, stream: str, keep: int, deps: EvictionDeps) -> None:
        """`keep`: the newest frames of each camera that are not evicted for another camera."""
        self._pipeline = pipeline
        self._stream = stream
        self._keep = keep
        self._deps = deps
        self._jetstream = JetStream(deps.broker)
        self._ledger = ReliableWriter(deps.sink)
        self._last_refusal = ""

    async def make_room(self, newer: OutboundMessage) -> bool:
        """Supersede the oldest frame of the camera that sent `newer`; where the stream has none, of
        the camera that has most, if those are more than the newest `keep`.

        Returns False where no frame may be evicted, and where the broker did not remove it.

        Raises:
            BrokerUnavailable: no answer in time.
            StreamMissing: the pipeline was deleted, or its ledger has no leader for a moment.
        """
        oldest = await self._oldest(newer.subject)
        if oldest is None and (subject := await self._subject_with_most()):
            oldest = await self._oldest(subject)
        if oldest is None:
            return False
        # First its outcome: a frame that stays after that is found completed by its worker.
        await self._supersede(oldest)
        return await self._remove(oldest.sequence)

    async def _supersede(self, message: StoredMessage) -> None:
        try:
            frame = frame_message.from_stored(message.headers, b"")
        except (KeyError, ValueError) as error:
            # It has no id, so no outcome can be written for it. Ingest writes no such thing.
            log.error("message is no frame", subject=message.subject, error=repr(error))
            return
        outcome = self._outcome(frame, message.stored_unix_nano)
        if await self._ledger.write(outcome_message.to_message(outcome)):
            gone = Superseded(frame, outcome, self._stream, message.stored_unix_nano)
            self._deps.superseded(gone)

    async def _remove(self, sequence: int) -> bool:
        """Returns False where the broker refuses, or a worker acked it first."""
        try:
            await self._jetstream.messages.delete(self._stream, sequence)
        except ApiError as error:
            self._log_refusal(error.description)
            return False
        self._last_refusal = ""
        return True

    def _log_refusal(self, refusal: str) -> None:
        """Once, however often it is tried: a full stream is tried 50 times a second."""
        if refusal != self._last_refusal:
            log.warning("frame is not evicted", stream=self._stream, refusal=refusal)
        self._last_refusal = refusal

    async def _oldest(self, subject: str) -> StoredMessage | None:
        try:
            return await self._jetstream.messages.next(self._stream, subject)
        except (MessageNotFound, StreamNotFound):
            return None

    async def _subject_with_most(self) -> str | None:
        """The subject that has most frames, if it has more than `keep`."""
        try:
            info = await self._jetstream.streams.info(self._stream, subjects_filter=">")
        except StreamNotFound:
            return None
        counts = info.state.subjects
        most = max(counts, key=counts.__getitem__, default=None)
        return most if most and counts[most] > self._keep else None

    def _outcome(self, frame: Frame, stored_unix_nano: int) -> Outcome:
        now = self._deps.clock.unix_nano()
        return Outcome(
            frame=frame.id,
            pipeline=self._pipeline,
            fate=Fate.SUPERSEDED,
            captured_unix_nano=frame.captured_unix_nano,
            completed_unix_nano=now,
            completed_by=self._deps.name,
            reason="newer_frame",
            detail="the buffer was full, and a newer one of its camera came",
            attempts=0,
            crc32=frame.crc32,
            timings=HopTimings(
                ingest=max(0, stored_unix_nano - frame.captured_unix_nano) // 1000,
                dwell=max(0, now - stored_unix_nano) // 1000,
            ),
        )
