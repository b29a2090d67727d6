"""One session of one camera: every frame that it offers is stored or refused, and answered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from framemesh.core.clock import Clock
from framemesh.core.frame import Frame, FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.shards import rotating_shard, rotation_start
from framemesh.ingest.admission import Admission, Refusal
from framemesh.runtime import acceptance_message, frame_message, outcome_message
from framemesh.runtime.acceptance_message import Acceptance, ranges_of
from framemesh.runtime.persistence import store_until_stored
from framemesh.runtime.pipeline_store import PipelineStore, StoredPipeline
from framemesh.runtime.publisher import Outgoing, Publisher, StreamMissing
from framemesh.runtime.window import Window

PAUSE_SECONDS = 0.5
"""Before a stream that has no leader for a moment is tried again."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A frame as the camera offers it."""

    sequence: int
    captured_unix_nano: int
    image: bytes
    withheld_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Rejected:
    """A frame that was refused, and why."""

    sequence: int
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of some frames: accepted ones are stored and on record, so are refusals."""

    accepted: tuple[int, ...]
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True)
class Storage:
    """What all sessions of an ingest share."""

    pipelines: PipelineStore
    publisher: Publisher
    admission: Admission
    window: Window
    """Bounds the frames that are in memory, of all sessions together."""
    name: str
    """Of this ingest, in the outcomes that it seals."""
    clock: Clock


class Session:
    """One session of one camera in one pipeline."""

    def __init__(self, pipeline: StoredPipeline, camera: str, session: str, to: Storage) -> None:
        self._pipeline = pipeline.spec
        self._camera = camera
        self._session = session
        self._storage = to
        self._start = rotation_start(camera, session)
        self._accepted: list[int] = []
        self._rejected: list[Rejected] = []
        self._news = asyncio.Event()
        self._complete = False

    async def run(
        self, offered: AsyncIterator[Offered], answer: Callable[[Answer], Awaitable[None]]
    ) -> None:
        """Take frames until there are no more, and return when each of them is answered.

        The next frame is not asked for while the window is full: that holds the camera back, also
        one that does not keep to its credit.

        Raises:
            PipelineUnknown: the pipeline was deleted meanwhile.
            BrokerUnavailable: and it cannot be told whether it was.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._answer(answer))
            async with asyncio.TaskGroup() as storing:
                async for frame in offered:
                    await self._storage.window.acquire(len(frame.image))
                    storing.create_task(self._settle(frame))
            self._complete = True
            self._news.set()

    async def _settle(self, offered: Offered) -> None:
        try:
            refusal = self._storage.admission.refusal(offered.image, offered.withheld_bytes)
            if refusal:
                await self._store(self._outcome(offered, refusal))
                self._rejected.append(Rejected(offered.sequence, refusal))
            else:
                await self._store(self._message(offered))
                self._accepted.append(offered.sequence)
        finally:
            self._storage.window.release(len(offered.image))
        self._news.set()

    async def _answer(self, answer: Callable[[Answer], Awaitable[None]]) -> None:
        """Answer all that is settled, together; more is settled while this is on its way."""
        while True:
            await self._news.wait()
            self._news.clear()
            accepted, self._accepted = self._accepted, []
            rejected, self._rejected = self._rejected, []
            if accepted:
                await self._store(self._acceptance(accepted))
            if accepted or rejected:
                await answer(Answer(tuple(accepted), tuple(rejected)))
            if self._complete and not self._news.is_set():
                return

    async def _store(self, message: Outgoing) -> None:
        while True:
            try:
                return await store_until_stored(self._storage.publisher, message)
            except StreamMissing:
                # A stream without a leader looks like one that was deleted: the pipeline tells.
                await self._storage.pipelines.get(self._pipeline.name)
            await asyncio.sleep(PAUSE_SECONDS)

    def _id(self, sequence: int) -> FrameId:
        return FrameId(self._camera, self._session, sequence)

    def _message(self, offered: Offered) -> Outgoing:
        frame = Frame(self._id(offered.sequence), offered.captured_unix_nano, offered.image)
        shard = rotating_shard(self._start, frame.id, self._pipeline.buffer.total_shards)
        return frame_message.to_message(self._pipeline.name, shard, frame)

    def _acceptance(self, sequences: list[int]) -> Outgoing:
        acceptance = Acceptance(self._camera, self._session, ranges_of(sequences))
        return acceptance_message.to_message(self._pipeline.name, acceptance)

    def _outcome(self, offered: Offered, refusal: Refusal) -> Outgoing:
        return outcome_message.to_message(
            Outcome(
                frame=self._id(offered.sequence),
                pipeline=self._pipeline.name,
                fate=Fate.REJECTED,
                captured_unix_nano=offered.captured_unix_nano,
                completed_unix_nano=self._storage.clock.unix_nano(),
                sealed_by=self._storage.name,
                reason=refusal.reason.value,
                detail=refusal.message,
                attempts=0,
            )
        )
