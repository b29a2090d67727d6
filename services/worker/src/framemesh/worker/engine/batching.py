"""Groups inputs of many frames and cameras into as few requests to a model as waiting allows."""

import asyncio
import contextvars
import math
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import islice

from framemesh.modeling.decoders.demand import InputSize
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.worker.errors import InferenceFailed, TooOld, TritonTimedOut, TritonUnavailable
from framemesh.worker.frame_context import CURRENT_FRAME, FrameContext, WaitingForOthers
from framemesh.worker.tracing.batch_record import TRITON_CONTEXT, BatchRecord
from framemesh.worker.triton.row_allocator import RowAllocator
from framemesh.worker.triton.tensor_arena import RowOutputs

DISPATCH_SECONDS = 0.005
"""From sending a request until an idle instance of the model begins with it."""

SMOOTHING = 0.1
"""Weight of each new row in the average dispatch latency: a batch of 8 makes half of it."""

Infer = Callable[[Sequence[int], InputSize | None], Awaitable[list[RowOutputs]]]
"""Outputs for rows, given the size of their inputs; None: that of all inputs of the model, and the
rows follow one another."""

Answers = dict[int, asyncio.Future[RowOutputs]]
"""By row. A future is cancelled together with the caller that waits for it."""


@dataclass(frozen=True, slots=True)
class BatchPolicy:
    """How many rows a request may have, and how long rows wait for others."""

    max_batch: int
    """Rows in one request."""
    max_delay_seconds: float
    """How long a row may wait for others while all instances of the model are busy."""
    instances: int
    """Of the model: requests that are worked on at once."""
    queued_requests: int = 1
    """Requests more that wait at Triton, so that no instance waits for us."""

    @property
    def max_requests(self) -> int:
        """Requests that Triton may have at once."""
        return self.instances + self.queued_requests

    @property
    def frames(self) -> int:
        """Frames that keep the model busy: what Triton has, as much on its way to it and back, and
        a batch that is written."""
        return 2 * (self.max_requests + 1) * self.max_batch


@dataclass(frozen=True, slots=True)
class _Queued:
    """A row that is written and not sent."""

    answer: asyncio.Future[RowOutputs]
    send_before: float
    """By the event loop's time, when it has waited for others long enough."""
    deadline: float
    """By the event loop's time, when it is too old to be sent."""
    frame: FrameContext | None
    """That it is an input of, if known."""
    queued: float
    """When it was written, by the clock of its frame."""
    size: InputSize | None
    """Of the input, where the inputs of the model differ."""


@dataclass(slots=True, eq=False)
class _Request:
    size: InputSize | None
    answers: Answers
    record: BatchRecord | None
    """None: nobody knows whose frames are in it."""
    started: bool = False


class Batcher:
    """Sends rows that are written, as many together as may be: runs of neighbouring rows or, where
    inputs differ in size, rows of one size.

    While an instance of the model is idle, what is written is sent at once: waiting would gain
    nothing. While all are busy, a run is sent when it is full or when its oldest row has waited
    long enough.

    A row belongs to its caller from `reserve` to `release`. What a caller releases while Triton has
    it comes free when Triton has answered.
    """

    def __init__(
        self,
        infer: Infer,
        rows: RowAllocator,
        policy: BatchPolicy,
        tasks: TaskGroup,
        stage: str = "",
    ) -> None:
        """
        Args:
            tasks: runs the requests; when it is cancelled, they fail as unavailable.
            stage: whose model it is, for those who read traces.
        """
        self._stage = stage
        self._infer = infer
        self._rows = rows
        self._policy = policy
        self._tasks = tasks
        self._queued: dict[int, _Queued] = {}
        """In the order in which they were written."""
        self._in_flight: set[int] = set()
        """Rows that Triton has."""
        self._released: set[int] = set()
        """Those of them that their callers do not want any more."""
        self._timed_out: set[int] = set()
        """Rows that Triton may still use, as it gave no answer."""
        self._requests = 0
        self._closed = False
        self._reserved_at: dict[int, float] = {}
        self.dispatch_latency_seconds = 0.0
        """Moving average in seconds, from a row's reservation until it was sent."""
        self._timer: asyncio.TimerHandle | None = None
        self._context = contextvars.copy_context()
        """What requests run in: they belong to no one frame."""

    async def reserve(self, count: int) -> list[int]:
        """Rows to write inputs to; wait until there are so many. Each must be released."""
        with WaitingForOthers():
            rows = await self._rows.reserve(count)
        now = asyncio.get_running_loop().time()
        self._reserved_at.update(dict.fromkeys(rows, now))
        return rows

    async def run(
        self,
        rows: Sequence[int],
        deadline: float = math.inf,
        sizes: Sequence[InputSize] | None = None,
    ) -> list[RowOutputs]:
        """The outputs for rows that are written, in order; good until the rows are released.

        Args:
            deadline: by the event loop's time; a row that is not sent by then fails.
            sizes: of the inputs, where those of the model differ.

        Raises:
            TooOld: a row was not sent before the deadline.
            InferenceFailed: the model refused one of these inputs.
            TritonUnavailable: Triton gave no answer.
        """
        loop = asyncio.get_running_loop()
        frame = CURRENT_FRAME.get()
        queued = 0.0
        if frame:
            frame.mark_decoded()
            queued = frame.clock.monotonic()
        send_before = loop.time() + self._policy.max_delay_seconds
        answers: list[asyncio.Future[RowOutputs]] = [loop.create_future() for _ in rows]
        for at, (row, answer) in enumerate(zip(rows, answers, strict=True)):
            size = sizes[at] if sizes else None
            self._queued[row] = _Queued(answer, send_before, deadline, frame, queued, size)
        self._send_what_is_due()
        if len(answers) == 1:
            outputs = [await answers[0]]
        else:
            # All of them: a caller releases its rows once it learns that one failed.
            await asyncio.gather(*answers, return_exceptions=True)
            outputs = [answer.result() for answer in answers]
        if frame:
            frame.mark_answered()
        return outputs

    def release(self, rows: Sequence[int]) -> None:
        """Give rows back, sent or not."""
        for row in rows:
            self._queued.pop(row, None)
        self._released.update(self._in_flight.intersection(rows))
        self._free([row for row in rows if row not in self._in_flight])

    def _free(self, rows: list[int]) -> None:
        if timed_out := self._timed_out.intersection(rows):
            self._timed_out -= timed_out
            self._rows.quarantine(sorted(timed_out))
        self._rows.release([row for row in rows if row not in timed_out])

    def _send_what_is_due(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        loop = asyncio.get_running_loop()
        self._expire_queued(loop.time())
        while self._queued and self._requests < self._policy.max_requests and not self._closed:
            oldest, queued = next(iter(self._queued.items()))
            together = self._run_around(oldest) if queued.size is None else self._alike(queued.size)
            full = len(together) == self._policy.max_batch
            busy = self._requests >= self._policy.instances
            if busy and not full and loop.time() < queued.send_before:
                self._timer = loop.call_at(
                    queued.send_before, self._send_what_is_due, context=self._context
                )
                return
            self._send(together, queued.size)
        if self._closed:
            self._fail_queued()

    def _expire_queued(self, now: float) -> None:
        late = now + DISPATCH_SECONDS
        for row in [row for row, queued in self._queued.items() if queued.deadline <= late]:
            _fail(self._queued.pop(row).answer, TooOld("it waited for the model too long"))

    def _fail_queued(self) -> None:
        queued, self._queued = self._queued, {}
        for each in queued.values():
            _fail(each.answer, _stopping())

    def _alike(self, size: InputSize) -> list[int]:
        """The queued rows with inputs of one size, the oldest first, for one request."""
        alike = (row for row, queued in self._queued.items() if queued.size == size)
        return list(islice(alike, self._policy.max_batch))

    def _run_around(self, row: int) -> Sequence[int]:
        """The longest run of queued rows around one, for one request."""
        first = end = row
        while end - first < self._policy.max_batch and end in self._queued:
            end += 1
        while end - first < self._policy.max_batch and first - 1 in self._queued:
            first -= 1
        return range(first, end)

    def _send(self, rows: Sequence[int], size: InputSize | None) -> None:
        sent = {row: self._queued.pop(row) for row in rows}
        answers = {row: each.answer for row, each in sent.items()}
        request = _Request(size, answers, self._record(sent.values()))
        work = self._work(request)
        try:
            task = self._tasks.create_task(work, context=self._context.copy())
        except RuntimeError:
            # The task group was cancelled, and no request was there to notice.
            work.close()
            self._close(answers)
            return
        task.add_done_callback(lambda _: self._end_unstarted(request))
        self._in_flight.update(answers)
        self._requests += 1
        now = asyncio.get_running_loop().time()
        for row, each in sent.items():
            if each.frame and request.record:
                each.frame.mark_sent(request.record, each.queued)
            took = now - self._reserved_at.pop(row, now)
            self.dispatch_latency_seconds += SMOOTHING * (took - self.dispatch_latency_seconds)

    def _record(self, rows: Collection[_Queued]) -> BatchRecord | None:
        clock = next((row.frame.clock for row in rows if row.frame), None)
        return None if clock is None else BatchRecord(self._stage, len(rows), clock)

    def _close(self, answers: Answers) -> None:
        """Send nothing more, as the task group takes no further requests."""
        self._closed = True
        for answer in answers.values():
            _fail(answer, _stopping())

    async def _work(self, request: _Request) -> None:
        request.started = True
        if request.record and request.record.sampled:
            TRITON_CONTEXT.set(request.record.context)
        try:
            await self._ask(request.answers, request.size, request.record)
        except asyncio.CancelledError:
            self._close(request.answers)
            raise
        finally:
            if request.record:
                request.record.end()
            self._end(request.answers)

    def _end_unstarted(self, request: _Request) -> None:
        """A task that is cancelled before its first step never runs its own clean-up."""
        if not request.started:
            self._close(request.answers)
            self._end(request.answers)

    def _end(self, answers: Answers) -> None:
        self._requests -= 1
        self._in_flight.difference_update(answers)
        released = self._released.intersection(answers)
        self._released -= released
        self._free(sorted(released))
        # At once: those who have their answers now take a while, and the model is idle.
        self._send_what_is_due()

    async def _ask(
        self, answers: Answers, size: InputSize | None, record: BatchRecord | None
    ) -> None:
        try:
            outputs = await self._infer(list(answers), size)
        except InferenceFailed as error:
            if record:
                record.error = str(error)
            if len(answers) == 1:
                for answer in answers.values():
                    _fail(answer, error)
                return
            # One bad input fails all that share its request: each is sent again alone.
            for row, answer in answers.items():
                await self._ask({row: answer}, size, record)
        except TritonUnavailable as error:
            if record:
                record.error = str(error)
            if isinstance(error, TritonTimedOut):
                self._timed_out.update(answers)
            for answer in answers.values():
                _fail(answer, error)
        else:
            for answer, output in zip(answers.values(), outputs, strict=True):
                if not answer.done():
                    answer.set_result(output)


def _fail(answer: asyncio.Future[RowOutputs], error: Exception) -> None:
    """Unless its caller was cancelled, and with it the answer."""
    if not answer.done():
        answer.set_exception(error)


def _stopping() -> TritonUnavailable:
    return TritonUnavailable("the worker stops: another one takes the frame")
