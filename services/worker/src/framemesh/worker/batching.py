"""Inputs of many frames and cameras, sent to a model in as few requests as waiting allows."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from framemesh.worker.errors import InferenceFailed, TritonSilent, TritonUnavailable
from framemesh.worker.triton.memory import Outputs
from framemesh.worker.triton.rows import Rows

Infer = Callable[[int, int], Awaitable[list[Outputs]]]
"""Outputs for a run of rows, given its first row and its length."""


@dataclass(frozen=True, slots=True)
class BatchPolicy:
    """When to send what waits."""

    max_batch: int
    max_delay_seconds: float
    """How long an input may wait for others while all instances of the model are at work."""
    instances: int

    @property
    def max_requests(self) -> int:
        """Under way at once: one more than can be worked on, so that no instance waits for us."""
        return self.instances + 1


@dataclass(frozen=True, slots=True)
class _Waiting:
    answer: asyncio.Future[Outputs]
    send_before: float


class Batcher:
    """Sends runs of rows that are ready.

    While an instance of the model is idle, what is ready goes at once; waiting would gain nothing.
    While all are at work, a run goes when it is full or when its oldest input has waited long
    enough.
    """

    def __init__(
        self, infer: Infer, rows: Rows, policy: BatchPolicy, tasks: asyncio.TaskGroup
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
        self._timer: asyncio.TimerHandle | None = None

    async def reserve(self, count: int) -> list[int]:
        """Rows to write inputs to; wait until there are so many. Each must be released."""
        return await self._rows.reserve(count)

    async def run(self, rows: Sequence[int]) -> list[Outputs]:
        """The outputs for rows that are written, in order; good until the rows are released.

        Raises:
            InferenceFailed: the model refused one of these inputs.
            TritonUnavailable: no answer was to be had.
        """
        loop = asyncio.get_running_loop()
        send_before = loop.time() + self._policy.max_delay_seconds
        answers: list[asyncio.Future[Outputs]] = [loop.create_future() for _ in rows]
        for row, answer in zip(rows, answers, strict=True):
            self._ready[row] = _Waiting(answer, send_before)
        self._send_what_is_due()
        await asyncio.gather(*answers, return_exceptions=True)
        return [answer.result() for answer in answers]

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
        while self._ready and self._requests < self._policy.max_requests:
            oldest, waiting = next(iter(self._ready.items()))
            first, count = self._run_around(oldest)
            full = count == self._policy.max_batch
            busy = self._requests >= self._policy.instances
            if busy and not full and loop.time() < waiting.send_before:
                self._timer = loop.call_at(waiting.send_before, self._send_what_is_due)
                return
            self._send(first, count)

    def _run_around(self, row: int) -> tuple[int, int]:
        """The longest run of ready rows around one, as far as a request can hold it."""
        first = end = row
        while end - first < self._policy.max_batch and end in self._ready:
            end += 1
        while end - first < self._policy.max_batch and first - 1 in self._ready:
            first -= 1
        return first, end - first

    def _send(self, first: int, count: int) -> None:
        answers = {row: self._ready.pop(row).answer for row in range(first, first + count)}
        self._flying.update(answers)
        self._requests += 1
        self._tasks.create_task(self._request(first, answers))

    async def _request(self, first: int, answers: dict[int, asyncio.Future[Outputs]]) -> None:
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

    async def _ask(self, first: int, answers: dict[int, asyncio.Future[Outputs]]) -> None:
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
            if isinstance(error, TritonSilent):
                self._silent.update(answers)
            _fail(answers, error)
        else:
            for answer, output in zip(answers.values(), outputs, strict=True):
                if not answer.done():
                    answer.set_result(output)


def _fail(answers: dict[int, asyncio.Future[Outputs]], error: Exception) -> None:
    for answer in answers.values():
        if not answer.done():
            answer.set_exception(error)
