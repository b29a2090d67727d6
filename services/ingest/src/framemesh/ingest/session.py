"""One session of one camera: every frame that it offers is stored or refused, and answered."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from framemesh.core.clock import Clock
from framemesh.core.frame import Frame, FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.shards import rotating_shard, rotation_start
from framemesh.ingest.admission import Admission, Refusal
from framemesh.ingest.errors import PipelineChanged, SessionProtocolViolated
from framemesh.ingest.turnstile import Turnstile, Turnstiles
from framemesh.runtime.jetstream.persistence import store_until_stored
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, StoredPipeline
from framemesh.runtime.jetstream.publisher import Outgoing, Publisher, StreamMissing
from framemesh.runtime.jetstream.subjects import frames_stream, stream_of
from framemesh.runtime.messages import acceptance_message, frame_message, outcome_message
from framemesh.runtime.messages.acceptance_message import Acceptance, ranges_of
from framemesh.runtime.rpc.leaving import ServerLeaves
from framemesh.runtime.until import unless
from framemesh.runtime.window import Window

GATHER_SECONDS = 0.05
"""Frames that settle within this time share an answer, which costs ingest, its camera, the broker
and the monitor about as much as a frame. A frame is as safe before its answer as after it."""

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
class CreditLimit:
    """What a camera may have under way."""

    frames: int
    bytes: int


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
    turnstiles: Turnstiles
    admission: Admission
    name: str
    """Of this ingest, in the outcomes that it seals."""
    clock: Clock
    leaving: asyncio.Event
    """Set when this ingest goes: sessions then take no more frames."""


@dataclass(frozen=True, slots=True)
class _Settled:
    """A frame that is stored, or whose refusal is."""

    sequence: int
    size: int
    refusal: Refusal | None


class Session:
    """One session of one camera in one pipeline."""

    def __init__(
        self,
        pipeline: StoredPipeline,
        camera: str,
        session: str,
        to: Storage,
        credit: CreditLimit,
    ) -> None:
        self._pipeline = pipeline.spec
        self._camera = camera
        self._session = session
        self._storage = to
        buffer, name = pipeline.spec.buffer, pipeline.spec.name
        self._turnstiles = [
            to.turnstiles.of(frames_stream(name, index)) for index in range(buffer.streams)
        ]
        self._last = 0
        self._start = rotation_start(camera, session)
        self._unanswered = Window(credit.frames, credit.bytes)
        self._settled: list[_Settled] = []
        self._settled_bytes = 0
        self._credit = credit
        self._news = asyncio.Event()
        self._enough = asyncio.Event()
        self._complete = False

    async def run(
        self, offered: AsyncIterator[Offered], answer: Callable[[Answer], Awaitable[None]]
    ) -> None:
        """Take frames until there are no more, and return when each of them is answered.

        The next frame is not asked for while the credit is used up or the window is full: that
        holds back a camera that does not keep to its credit.

        Raises:
            PipelineUnknown: the pipeline was deleted meanwhile.
            PipelineChanged: it was, and made anew with other shards.
            BrokerUnavailable: and it cannot be told whether it was.
            ServerLeaves: this ingest goes; what it took is answered.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._answer(answer))
            async with asyncio.TaskGroup() as storing:
                complete = await unless(self._storage.leaving, self._take(offered, storing))
            self._complete = True
            self._news.set()
            self._enough.set()
        if not complete:
            raise ServerLeaves

    async def _take(self, offered: AsyncIterator[Offered], storing: asyncio.TaskGroup) -> None:
        async for frame in offered:
            self._check_order(frame)
            size, window = len(frame.image), self._turnstile(frame.sequence).window
            await self._unanswered.acquire(size)
            await window.acquire(size)
            settling = self._settle(frame)
            try:
                task = storing.create_task(settling)
            except RuntimeError:
                # Another frame failed, and the session with it.
                settling.close()
                window.release(size)
                raise
            # Not in the task: one that is cancelled before its first step has no `finally`.
            task.add_done_callback(partial(_release, window, size))

    def _check_order(self, frame: Offered) -> None:
        """Two frames of one number would be one to the broker, and the second lost."""
        if frame.sequence <= self._last:
            raise SessionProtocolViolated(
                f"sequence number {frame.sequence} after {self._last}: count upwards"
            )
        self._last = frame.sequence

    def _shard(self, sequence: int) -> int:
        shards = self._pipeline.buffer.total_shards
        return rotating_shard(self._start, self._id(sequence), shards)

    def _turnstile(self, sequence: int) -> Turnstile:
        return self._turnstiles[stream_of(self._pipeline.buffer, self._shard(sequence))]

    async def _settle(self, offered: Offered) -> None:
        refusal = self._storage.admission.refusal(offered.image, offered.withheld_bytes)
        if refusal:
            await self._record(self._outcome(offered, refusal))
        else:
            turnstile = self._turnstile(offered.sequence)
            await self._stored(turnstile.store, self._message(offered))
        self._settled.append(_Settled(offered.sequence, len(offered.image), refusal))
        self._settled_bytes += len(offered.image)
        self._news.set()
        frames, size = self._credit.frames / 2, self._credit.bytes / 2
        if len(self._settled) >= frames or self._settled_bytes >= size:
            self._enough.set()

    async def _answer(self, answer: Callable[[Answer], Awaitable[None]]) -> None:
        """Answer all that is settled, together; more is settled while this is on its way."""
        while True:
            await self._news.wait()
            await self._gather()
            self._news.clear()
            settled, self._settled, self._settled_bytes = self._settled, [], 0
            if settled:
                found = _answer(settled)
                if found.accepted:
                    await self._record(self._acceptance(found.accepted))
                await answer(found)
            for frame in settled:
                self._unanswered.release(frame.size)
            if self._complete and not self._news.is_set():
                return

    async def _gather(self) -> None:
        """Let more frames settle, to be answered together, while the camera has half its credit."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GATHER_SECONDS):
                await self._enough.wait()
        if not self._complete:
            self._enough.clear()

    async def _record(self, entry: Outgoing) -> None:
        """Write to the ledger, which is never full."""
        await self._stored(partial(store_until_stored, self._storage.publisher), entry)

    async def _stored(
        self, store: Callable[[Outgoing], Awaitable[None]], message: Outgoing
    ) -> None:
        while True:
            try:
                return await store(message)
            except StreamMissing:
                # A stream without a leader looks like one that was deleted: the pipeline tells.
                await self._check_pipeline()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _check_pipeline(self) -> None:
        name = self._pipeline.name
        now = (await self._storage.pipelines.get(name)).spec
        if now.buffer.total_shards != self._pipeline.buffer.total_shards:
            raise PipelineChanged(f"pipeline {name!r} was made anew: open the session again")

    def _id(self, sequence: int) -> FrameId:
        return FrameId(self._camera, self._session, sequence)

    def _message(self, offered: Offered) -> Outgoing:
        frame = Frame(self._id(offered.sequence), offered.captured_unix_nano, offered.image)
        return frame_message.to_message(self._pipeline.name, self._shard(offered.sequence), frame)

    def _acceptance(self, sequences: Sequence[int]) -> Outgoing:
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


def _release(window: Window, size: int, _: asyncio.Task[None]) -> None:
    window.release(size)


def _answer(settled: Sequence[_Settled]) -> Answer:
    return Answer(
        tuple(frame.sequence for frame in settled if frame.refusal is None),
        tuple(Rejected(frame.sequence, frame.refusal) for frame in settled if frame.refusal),
    )
