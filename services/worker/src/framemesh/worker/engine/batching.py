"""Inputs of many frames and cameras, sent to a model in as few requests as waiting allows."""

import asyncio
import contextvars
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from framemesh.worker.errors import InferenceFailed, TooOld, TritonTimedOut, TritonUnavailable
from framemesh.worker.frame_context import CURRENT_FRAME, FrameContext, waiting_for_others
from framemesh.worker.triton.row_allocator import RowAllocator
from framemesh.worker.triton.tensor_arena import RowOutputs

REQUEST_SECONDS = 0.005
"""From here until the model begins, when it is idle."""

SMOOTHING = 0.1
"""Of the average time to send: the share of each new row; a batch of 8 makes half of it."""

Infer = Callable[[int, int], Awaitable[list[RowOutputs]]]
"""Outputs for a run of rows, given its first row and its length."""


@dataclass(frozen=True, slots=True)
class BatchPolicy:
    """When to send what waits, and how much."""

    max_batch: int
    max_delay_seconds: float
    """How long an input may wait for others while all instances of the model are at work."""
    instances: int
    in_reserve: int = 1
    """Requests that wait at Triton, so that no instance waits for us."""

    @property
    def max_requests(self) -> int:
        """Under way at once."""
        return self.instances + self.in_reserve


@dataclass(frozen=True, slots=True)
class _Waiting:
    answer: asyncio.Future[RowOutputs]
    send_before: float
    """When it has waited for others long enough."""
    deadline: float
    """When it is too old to be sent."""
    frame: FrameContext | None
    """That it is an input of, if known."""


class Batcher:
    """Sends runs of rows that are ready.

    While an instance of the model is idle, what is ready goes at once; waiting would gain nothing.
    While all are at work, a run goes when it is full or when its oldest input has waited long
    enough.
    """

    def __init__(
        self, infer: Infer, rows: RowAllocator, policy: BatchPolicy, tasks: asyncio.TaskGroup
    ) -> None:
        self._infer = infer
        self._rows = rows
        self._policy = policy
        self._tasks = tasks
        self._ready: dict[int, _Waiting] = {}
        self._flying: set[int] = set()
        self._abandoned: set[int] = set()
        self._silent: set[int] = set()
        self._requests = 0
        self._reserved_at: dict[int, float] = {}
        self.dispatch_latency_seconds = 0.0
        """Lately, from a row's reservation until it was sent."""
        self._timer: asyncio.TimerHandle | None = None
        self._context = contextvars.copy_context()
        """What requests run in: they belong to no one frame."""

    async def reserve(self, count: int) -> list[int]:
        """Rows to write inputs to; wait until there are so many. Each must be released."""
        with waiting_for_others():
            rows = await self._rows.reserve(count)
        now = asyncio.get_running_loop().time()
        self._reserved_at.update(dict.fromkeys(rows, now))
        return rows

    async def run(self, rows: Sequence[int], deadline: float = math.inf) -> list[RowOutputs]:
        """The outputs for rows that are written, in order; good until the rows are released.

        Args:
            deadline: by the event loop's time; what is not sent by then is not sent.

        Raises:
            TooOld: it was not.
            InferenceFailed: the model refused one of these inputs.
            TritonUnavailable: no answer was to be had.
        """
        loop = asyncio.get_running_loop()
        frame = CURRENT_FRAME.get()
        if frame:
            frame.mark_decoded()
        send_before = loop.time() + self._policy.max_delay_seconds
        answers: list[asyncio.Future[RowOutputs]] = [loop.create_future() for _ in rows]
        for row, answer in zip(rows, answers, strict=True):
            self._ready[row] = _Waiting(answer, send_before, deadline, frame)
        self._send_what_is_due()
        if len(answers) == 1:
            outputs = [await answers[0]]
        else:
            # Whoever learns that one failed releases all of them.
            await asyncio.gather(*answers, return_exceptions=True)
            outputs = [answer.result() for answer in answers]
        if frame:
            frame.mark_answered()
        return outputs

    def release(self, rows: Sequence[int]) -> None:
        """Give rows back. Those that Triton is at work on come free when it has answered."""
        for row in rows:
            self._ready.pop(row, None)
        self._abandoned.update(self._flying.intersection(rows))
        self._free([row for row in rows if row not in self._flying])

    def _free(self, rows: list[int]) -> None:
        if silent := self._silent.intersection(rows):
            self._silent -= silent
            self._rows.quarantine(sorted(silent))
        self._rows.release([row for row in rows if row not in silent])

    def _send_what_is_due(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        loop = asyncio.get_running_loop()
        self._give_up(loop.time())
        while self._ready and self._requests < self._policy.max_requests:
            oldest, waiting = next(iter(self._ready.items()))
            first, count = self._run_around(oldest)
            full = count == self._policy.max_batch
            busy = self._requests >= self._policy.instances
            if busy and not full and loop.time() < waiting.send_before:
                self._timer = loop.call_at(waiting.send_before, self._send_what_is_due)
                return
            self._send(first, count)

    def _give_up(self, now: float) -> None:
        for row in [
            row for row, waiting in self._ready.items() if waiting.deadline <= now + REQUEST_SECONDS
        ]:
            self._ready.pop(row).answer.set_exception(TooOld("it waited for the model too long"))

    def _run_around(self, row: int) -> tuple[int, int]:
        """The longest run of ready rows around one, as far as a request can hold it."""
        first = end = row
        while end - first < self._policy.max_batch and end in self._ready:
            end += 1
        while end - first < self._policy.max_batch and first - 1 in self._ready:
            first -= 1
        return first, end - first

    def _send(self, first: int, count: int) -> None:
        waiting = {row: self._ready.pop(row) for row in range(first, first + count)}
        answers = {row: each.answer for row, each in waiting.items()}
        self._flying.update(answers)
        self._requests += 1
        now = asyncio.get_running_loop().time()
        for row, each in waiting.items():
            if each.frame:
                each.frame.mark_sent()
            took = now - self._reserved_at.pop(row, now)
            self.dispatch_latency_seconds += SMOOTHING * (took - self.dispatch_latency_seconds)
        self._tasks.create_task(self._request(first, answers), context=self._context.copy())

    async def _request(self, first: int, answers: dict[int, asyncio.Future[RowOutputs]]) -> None:
        try:
            await self._ask(first, answers)
        except asyncio.CancelledError:
            _fail(answers, TritonUnavailable("the worker stops: another one takes the frame"))
            raise
        finally:
            self._requests -= 1
            self._flying.difference_update(answers)
            gone = self._abandoned.intersection(answers)
            self._abandoned -= gone
            self._free(sorted(gone))
            self._send_what_is_due()

    async def _ask(self, first: int, answers: dict[int, asyncio.Future[RowOutputs]]) -> None:
        try:
            outputs = await self._infer(first, len(answers))
        except InferenceFailed as error:
            if len(answers) == 1:
                _fail(answers, error)
                return
            # One bad input fails all that share its request: each is asked about alone.
            for row, answer in answers.items():
                await self._ask(row, {row: answer})
        except TritonUnavailable as error:
            if isinstance(error, TritonTimedOut):
                self._silent.update(answers)
            _fail(answers, error)
        else:
            for answer, output in zip(answers.values(), outputs, strict=True):
                if not answer.done():
                    answer.set_result(output)


def _fail(answers: dict[int, asyncio.Future[RowOutputs]], error: Exception) -> None:
    for answer in answers.values():
        if not answer.done():
            answer.set_exception(error)
