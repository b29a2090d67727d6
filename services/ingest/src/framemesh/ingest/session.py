"""One session of one camera: every frame that it offers is stored or refused, and answered."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.core.frame import Frame, FrameId
from framemesh.core.generation import Shard
from framemesh.core.outcome import Fate, Outcome
from framemesh.ingest.admission import Admission, Refusal
from framemesh.ingest.entrance import Entrance
from framemesh.ingest.errors import SessionProtocolViolated
from framemesh.ingest.offers import Answer, CreditLimit, Offered, Rejected
from framemesh.ingest.pipelines import Pipelines
from framemesh.ingest.standing_pipeline import StandingPipeline
from framemesh.ingest.superseding import Superseding
from framemesh.ingest.turnstile import Turnstiles
from framemesh.runtime.dataplane.errors import AlreadyStored
from framemesh.runtime.dataplane.outgoing import Outgoing
from framemesh.runtime.dataplane.persistence import store_until_stored
from framemesh.runtime.dataplane.plane import Sink
from framemesh.runtime.messages import acceptance_message, outcome_message
from framemesh.runtime.messages.acceptance_message import Acceptance, ranges_of
from framemesh.runtime.rpc.leaving import ServerLeaves
from framemesh.runtime.until import unless
from framemesh.runtime.window import Window

GATHER_SECONDS = 0.05
"""Frames that settle within this time share an answer, which costs ingest, its camera, the broker
and the monitor about as much as a frame. A frame is as safe before its answer as after it."""


@dataclass(frozen=True, slots=True)
class Storage:
    """What all sessions of an ingest share."""

    pipelines: Pipelines
    sink: Sink
    turnstiles: Turnstiles
    superseding: Superseding
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
        pipeline: StandingPipeline,
        camera: str,
        session: str,
        to: Storage,
        credit: CreditLimit,
    ) -> None:
        self._pipeline = pipeline
        self._camera = camera
        self._session = session
        self._storage = to
        self._entrance = Entrance(pipeline, to.turnstiles, to.superseding)
        self._last = 0
        self._unanswered = Window(credit.frames, credit.bytes)
        self._settled: list[_Settled] = []
        self._settled_bytes = 0
        self._credit = credit
        self._news = asyncio.Event()
        self._enough = asyncio.Event()
        self._complete = False
        self._refused: FramemeshError | None = None

    async def run(
        self, offered: AsyncIterator[Offered], answer: Callable[[Answer], Awaitable[None]]
    ) -> None:
        """Take frames until there are no more, and return when each of them is answered.

        The next frame is not asked for while the credit is used up or the window is full: that
        holds back a camera that does not keep to its credit.

        Raises:
            PipelineUnknown: the pipeline was deleted meanwhile.
            PipelineChanged: its frames now go elsewhere, or in another order; what was taken before
                is answered, where its streams are still there.
            BrokerUnavailable: they are not, and it cannot be told why.
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
        if self._refused:
            raise self._refused

    async def _take(self, offered: AsyncIterator[Offered], storing: asyncio.TaskGroup) -> None:
        async for frame in offered:
            if self._pipeline.fault:
                # It is not answered, so the camera sends it again, in a session that fits.
                self._refused = self._pipeline.fault
                return
            self._check_order(frame)
            shard = self._entrance.shard(self._id(frame.sequence))
            size, window = len(frame.image), self._entrance.window(shard)
            await self._unanswered.acquire(size)
            await window.acquire(size)
            settling = self._settle(shard, frame)
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

    async def _settle(self, shard: Shard, offered: Offered) -> None:
        refusal = self._storage.admission.refusal(offered.image, offered.withheld_bytes)
        if refusal:
            await self._record(self._outcome(offered, refusal))
        else:
            await self._entrance.enter(shard, self._frame(offered))
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
                    await self._record(self._acceptance(settled))
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
        # A frame that is offered again may have the outcome from its first time.
        with contextlib.suppress(AlreadyStored):
            await self._pipeline.stored(partial(store_until_stored, self._storage.sink), entry)

    def _id(self, sequence: int) -> FrameId:
        return FrameId(self._camera, self._session, sequence)

    def _frame(self, offered: Offered) -> Frame:
        identity = self._id(offered.sequence)
        return Frame(identity, offered.captured_unix_nano, offered.image, offered.crc32)

    def _acceptance(self, settled: Sequence[_Settled]) -> Outgoing:
        accepted = [frame for frame in settled if frame.refusal is None]
        acceptance = Acceptance(
            self._camera,
            self._session,
            ranges_of(frame.sequence for frame in accepted),
            sum(frame.size for frame in accepted),
        )
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
