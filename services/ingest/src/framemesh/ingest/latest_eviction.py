"""Room in a full buffer for the newest frame of a camera, in place of one that is not."""

import asyncio
import base64
import contextlib
from dataclasses import dataclass
from typing import Any

from framemesh.core.clock import Clock
from framemesh.core.frame import Frame
from framemesh.core.outcome import Fate, Outcome
from framemesh.runtime.dataplane.errors import AlreadyStored
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.plane import Sink
from framemesh.runtime.dataplane.reliable_writer import store_with_retries
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import frame_message, outcome_message

log = get_logger()


@dataclass(frozen=True, slots=True)
class LatestEviction:
    """What the policy `latest` does at the door, while the workers that do it are away or stuck."""

    broker: Broker
    sink: Sink
    name: str
    """Of this ingest, in the outcomes that it seals."""
    clock: Clock

    async def evict(self, pipeline: str, kept: int, stream: str, newer: OutboundMessage) -> bool:
        """Supersede the oldest frame in `stream` of the camera whose frame is `newer`; where it has
        none, of the camera that has most, if those are more than the `kept` newest.

        Returns False where there is none to be superseded.

        Raises:
            BrokerUnavailable: no answer in time.
            StreamMissing: the pipeline was deleted, or its ledger has no leader for a moment.
        """
        oldest = await self._oldest(stream, newer.subject)
        if oldest is None and (subject := await self._surplus(stream, kept)):
            oldest = await self._oldest(stream, subject)
        if oldest is None:
            return False
        try:
            image = await asyncio.to_thread(base64.b64decode, oldest["data"])
            frame = frame_message.from_stored(base64.b64decode(oldest["hdrs"]), image)
        except (KeyError, ValueError) as error:
            # It has no id, so no outcome can be written for it. Ingest writes no such thing.
            log.error("message is no frame", subject=oldest["subject"], error=repr(error))
        else:
            # First its outcome: who is killed after this leaves a frame that a worker finds sealed.
            with contextlib.suppress(AlreadyStored):
                outcome = outcome_message.to_message(self._outcome(pipeline, frame))
                await store_with_retries(self.sink, outcome)
        await self.broker.request(
            f"$JS.API.STREAM.MSG.DELETE.{stream}", {"seq": oldest["seq"], "no_erase": True}
        )
        return True

    async def _oldest(self, stream: str, subject: str) -> dict[str, Any] | None:
        question = {"seq": 1, "next_by_subj": subject}
        answer = await self.broker.request(f"$JS.API.STREAM.MSG.GET.{stream}", question)
        return answer.get("message")

    async def _surplus(self, stream: str, kept: int) -> str | None:
        """The subject that has most frames, if it has more than `kept`."""
        question = {"subjects_filter": ">"}
        answer = await self.broker.request(f"$JS.API.STREAM.INFO.{stream}", question)
        counts: dict[str, int] = answer.get("state", {}).get("subjects") or {}
        most = max(counts, key=counts.__getitem__, default=None)
        return most if most and counts[most] > kept else None

    def _outcome(self, pipeline: str, frame: Frame) -> Outcome:
        return Outcome(
            frame=frame.id,
            pipeline=pipeline,
            fate=Fate.SUPERSEDED,
            captured_unix_nano=frame.captured_unix_nano,
            completed_unix_nano=self.clock.unix_nano(),
            completed_by=self.name,
            reason="newer_frame",
            detail="the buffer was full, and a newer one of its camera came",
            attempts=0,
        )
