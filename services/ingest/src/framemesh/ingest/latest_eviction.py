"""Evicts a camera's oldest buffered frame when the stream is full: policy `latest` in ingest."""

import base64
from dataclasses import dataclass
from typing import Any

from framemesh.core.clock import Clock
from framemesh.core.frame import Frame
from framemesh.core.outcome import Fate, Outcome
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.plane import Sink
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
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


class LatestEviction:
    """Makes room in one stream. Workers supersede older frames too; this serves while they are away
    or stuck."""

    def __init__(self, pipeline: str, stream: str, keep: int, deps: EvictionDeps) -> None:
        """`keep`: the newest frames of each camera that are not evicted for another camera."""
        self._pipeline = pipeline
        self._stream = stream
        self._keep = keep
        self._deps = deps
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
        return await self._remove(oldest["seq"])

    async def _supersede(self, message: dict[str, Any]) -> None:
        try:
            frame = frame_message.from_stored(base64.b64decode(message["hdrs"]), b"")
        except (KeyError, ValueError) as error:
            # It has no id, so no outcome can be written for it. Ingest writes no such thing.
            log.error("message is no frame", subject=message["subject"], error=repr(error))
            return
        await self._ledger.write(outcome_message.to_message(self._outcome(frame)))

    async def _remove(self, sequence: int) -> bool:
        """Returns False where the broker refuses, or a worker acked it first."""
        answer = await self._deps.broker.request(
            f"$JS.API.STREAM.MSG.DELETE.{self._stream}", {"seq": sequence, "no_erase": True}
        )
        if answer.get("success"):
            self._last_refusal = ""
            return True
        refusal = str(answer.get("error", {}).get("description", "no reason given"))
        # Once, however often it is tried: a full stream is tried 50 times a second.
        if refusal != self._last_refusal:
            log.warning("frame is not evicted", stream=self._stream, refusal=refusal)
        self._last_refusal = refusal
        return False

    async def _oldest(self, subject: str) -> dict[str, Any] | None:
        question = {"seq": 1, "next_by_subj": subject}
        answer = await self._deps.broker.request(f"$JS.API.STREAM.MSG.GET.{self._stream}", question)
        return answer.get("message")

    async def _subject_with_most(self) -> str | None:
        """The subject that has most frames, if it has more than `keep`."""
        question = {"subjects_filter": ">"}
        answer = await self._deps.broker.request(f"$JS.API.STREAM.INFO.{self._stream}", question)
        counts: dict[str, int] = answer.get("state", {}).get("subjects") or {}
        most = max(counts, key=counts.__getitem__, default=None)
        return most if most and counts[most] > self._keep else None

    def _outcome(self, frame: Frame) -> Outcome:
        return Outcome(
            frame=frame.id,
            pipeline=self._pipeline,
            fate=Fate.SUPERSEDED,
            captured_unix_nano=frame.captured_unix_nano,
            completed_unix_nano=self._deps.clock.unix_nano(),
            completed_by=self._deps.name,
            reason="newer_frame",
            detail="the buffer was full, and a newer one of its camera came",
            attempts=0,
        )
