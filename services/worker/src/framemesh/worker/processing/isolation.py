"""Frames are worked on side by side, but each suspect alone."""

from collections import OrderedDict
from itertools import count
from typing import Protocol

from framemesh.core.frame import FrameId
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from framemesh.runtime.messages import isolated_attempt_message
from framemesh.worker.errors import AttemptFailed, FrameGivenUp, TritonNotReady
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.frame_group import FrameGroup
from framemesh.worker.processing.processor import Attempt, Process
from framemesh.worker.processing.shared_exclusive_lock import SharedExclusiveLock
from framemesh.worker.triton.server import TritonServer

WORKER_CRASHED = AttemptFailed("worker_crashed", "the worker ended during each of them")
"""What must have happened if the attempts are on record and no failure is known."""


MAX_COUNTED = 1000
"""Frames whose attempts are counted in memory; of more, the first are forgotten."""


class Attempts(Protocol):
    """Who counts the attempts at each suspect."""

    async def begin(self, frame: FrameId) -> int:
        """Count an attempt before it is made; returns its number, 1 for the first."""
        ...


class CountedAttempts:
    """Counts those of this worker alone: a copy of a frame need not outlive it."""

    def __init__(self) -> None:
        self._counts: OrderedDict[FrameId, int] = OrderedDict()

    async def begin(self, frame: FrameId) -> int:
        """See Attempts."""
        self._counts[frame] = number = self._counts.get(frame, 0) + 1
        while len(self._counts) > MAX_COUNTED:
            self._counts.popitem(last=False)
        return number


class IsolatedAttempts:
    """Records the attempts at each suspect, past the death of the worker that it may cause.

    Deliveries are no such count: a frame that kills its worker takes along others that were only
    near it, and they are delivered again as often.
    """

    def __init__(self, writer: ReliableWriter, pipeline: str, worker: str) -> None:
        self._writer = writer
        self._pipeline = pipeline
        self._worker = worker

    async def begin(self, frame: FrameId) -> int:
        """See Attempts: of all workers.

        Blocks while the ledger is away: nothing could be committed meanwhile either.
        """
        for number in count(1):
            message = isolated_attempt_message.to_message(
                self._pipeline, frame, number, self._worker
            )
            if await self._writer.write(message):
                return number
        raise AssertionError("unreachable")


class Isolation:
    """Lets a suspect be the only frame in work: whatever it does to Triton or to this process, it
    does to itself only."""

    def __init__(self, triton: TritonServer, attempts: Attempts, max_attempts: int) -> None:
        """`max_attempts`: alone, by all workers together."""
        self._triton = triton
        self._attempts = attempts
        self._max_attempts = max_attempts
        self._lock = SharedExclusiveLock()

    async def process(self, group: FrameGroup, proceed: Process) -> list[Attempt]:
        """A suspect that has had all its attempts is given up."""
        if not group.suspect:
            async with self._lock.shared():
                return await proceed(group)
        async with self._lock.exclusive():
            await self._triton.available()
            if given_up := await self._count(group.contexts[0]):
                return [given_up]
            while True:
                await self._triton.available()
                attempts = await proceed(group)
                # It was not worked on, so the attempt on record is still to be made.
                if not isinstance(attempts[0], TritonNotReady):
                    return attempts

    async def _count(self, context: FrameContext) -> FrameGivenUp | None:
        number = await self._attempts.begin(context.frame.id)
        if number <= self._max_attempts:
            context.attempts = 1 + number
            return None
        context.attempts = number
        failure = context.failure or WORKER_CRASHED
        detail = f"no outcome in {number - 1} attempts alone: {failure}"
        return FrameGivenUp(failure.reason, detail)
