"""Groups inputs of many frames and cameras into as few requests to a model as waiting allows."""

import asyncio
import contextvars
import math
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import islice

from framemesh.modeling.decoders.demand import InputSize
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.worker.engine.batch_bound import BatchBound
from framemesh.worker.errors import InferenceFailed, TooOld, TritonTimedOut, TritonUnavailable
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.frame_group import WaitingForOthers
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
class Row:
    """A row that is written, to be sent."""

    number: int
    """Of those that were reserved."""
    deadline: float = math.inf
    """By the event loop's time; if it is not sent by then, it fails."""
    context: FrameContext | None = None
    """Of the frame that it is an input of, if known."""
    size: InputSize | None = None
    """Of the input, where those of the model differ."""


class _Call:
    """One call of `run`: what became of each of its rows, and whether that is known of all."""

    __slots__ = ("_left", "done", "results")

    def __init__(self, rows: int) -> None:
        self.results: list[RowOutputs | Exception | None] = [None] * rows
        self._left = rows
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Cancelled together with the caller that waits for it."""

    def settle(self, place: int, result: RowOutputs | Exception) -> None:
        """What is known first of a row counts."""
        if self.results[place] is not None:
            return
        self.results[place] = result
        self._left -= 1
        if not self._left and not self.done.done():
            self.done.set_result(None)


@dataclass(frozen=True, slots=True)
class _Pending:
    """A row that has no answer yet."""

    row: Row
    call: _Call
    place: int
    """In `call`."""
    send_before: float
    """By the event loop's time, when it has waited for others long enough."""
    queued: float
    """When it was written, by the clock of its frame."""

    def settle(self, result: RowOutputs | Exception) -> None:
        self.call.settle(self.place, result)


Rows = dict[int, _Pending]
"""By their numbers."""


@dataclass(slots=True, eq=False)
class _Request:
    size: InputSize | None
    rows: Rows
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
        *,
        stage: str = "",
        bound: BatchBound | None = None,
    ) -> None:
        """
        Args:
            bound: on the rows in one request, below that of the policy; None: there is none.
            tasks: runs the requests; when it is cancelled, they fail as unavailable.
            stage: whose model it is, for those who read traces.
        """
        self._stage = stage
        self._infer = infer
        self._rows = rows
        self._policy = policy
        self._bound = bound or BatchBound(policy.max_batch)
        self._tasks = tasks
        self._queued: Rows = {}
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

    async def run(self, rows: Sequence[Row]) -> list[RowOutputs | Exception]:
        """The outputs for rows that are written, in order; good until the rows are released.

        An error is that of one row:

        - TooOld: it was not sent before its deadline.
        - InferenceFailed: the model refused this input.
        - TritonUnavailable: Triton gave no answer.
        """
        call = _Call(len(rows))
        send_before = asyncio.get_running_loop().time() + self._policy.max_delay_seconds
        for place, row in enumerate(rows):
            queued = 0.0
            if row.context:
                row.context.mark_decoded()
                queued = row.context.clock.monotonic()
            self._queued[row.number] = _Pending(row, call, place, send_before, queued)
        self._send_what_is_due()
        await call.done
        for row in rows:
            if row.context:
                row.context.mark_answered()
        return [result for result in call.results if result is not None]

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
            size = queued.row.size
            together = self._run_around(oldest) if size is None else self._alike(size)
            full = len(together) >= self._bound.now
            busy = self._requests >= self._policy.instances
            if busy and not full and loop.time() < queued.send_before:
                self._timer = loop.call_at(
                    queued.send_before, self._send_what_is_due, context=self._context
                )
                return
            self._send(together, size)
        if self._closed:
            self._fail_queued()

    def _expire_queued(self, now: float) -> None:
        late = now + DISPATCH_SECONDS
        for row in [row for row, queued in self._queued.items() if queued.row.deadline <= late]:
            self._queued.pop(row).settle(TooOld("it waited for the model too long"))

    def _fail_queued(self) -> None:
        queued, self._queued = self._queued, {}
        for each in queued.values():
            each.settle(_stopping())

    def _alike(self, size: InputSize) -> list[int]:
        """The queued rows with inputs of one size, the oldest first, for one request."""
        alike = (row for row, queued in self._queued.items() if queued.row.size == size)
        return list(islice(alike, self._bound.now))

    def _run_around(self, row: int) -> Sequence[int]:
        """The longest run of queued rows around one, for one request."""
        first = end = row
        while end - first < self._bound.now and end in self._queued:
            end += 1
        while end - first < self._bound.now and first - 1 in self._queued:
            first -= 1
        return range(first, end)

    def _send(self, numbers: Sequence[int], size: InputSize | None) -> None:
        rows = {number: self._queued.pop(number) for number in numbers}
        request = _Request(size, rows, self._record(rows.values()))
        work = self._work(request)
        try:
            task = self._tasks.create_task(work, context=self._context.copy())
        except RuntimeError:
            # The task group was cancelled, and no request was there to notice.
            work.close()
            self._close(rows)
            return
        task.add_done_callback(lambda _: self._end_unstarted(request))
        self._in_flight.update(rows)
        self._requests += 1
        now = asyncio.get_running_loop().time()
        for number, each in rows.items():
            if each.row.context and request.record:
                each.row.context.mark_sent(request.record, each.queued)
            took = now - self._reserved_at.pop(number, now)
            self.dispatch_latency_seconds += SMOOTHING * (took - self.dispatch_latency_seconds)

    def _record(self, rows: Collection[_Pending]) -> BatchRecord | None:
        contexts = (each.row.context for each in rows)
        clock = next((context.clock for context in contexts if context), None)
        return None if clock is None else BatchRecord(self._stage, len(rows), clock)

    def _close(self, rows: Rows) -> None:
        """Send nothing more, as the task group takes no further requests."""
        self._closed = True
        for each in rows.values():
            each.settle(_stopping())

    async def _work(self, request: _Request) -> None:
        request.started = True
        if request.record and request.record.sampled:
            TRITON_CONTEXT.set(request.record.context)
        try:
            await self._ask(request.rows, request.size, request.record)
        except asyncio.CancelledError:
            self._close(request.rows)
            raise
        finally:
            if request.record:
                request.record.end()
            self._end(request.rows)

    def _end_unstarted(self, request: _Request) -> None:
        """A task that is cancelled before its first step never runs its own clean-up."""
        if not request.started:
            self._close(request.rows)
            self._end(request.rows)

    def _end(self, rows: Rows) -> None:
        self._requests -= 1
        self._in_flight.difference_update(rows)
        released = self._released.intersection(rows)
        self._released -= released
        self._free(sorted(released))
        # At once: those who have their answers now take a while, and the model is idle.
        self._send_what_is_due()

    async def _ask(self, rows: Rows, size: InputSize | None, record: BatchRecord | None) -> None:
        try:
            outputs = await self._infer(list(rows), size)
        except InferenceFailed as error:
            if record:
                record.error = str(error)
            if len(rows) == 1:
                for each in rows.values():
                    each.settle(error)
                return
            # One bad input fails all that share its request: each is sent again alone.
            for number, each in rows.items():
                await self._ask({number: each}, size, record)
        except TritonUnavailable as error:
            if record:
                record.error = str(error)
            if isinstance(error, TritonTimedOut):
                self._timed_out.update(rows)
            for each in rows.values():
                each.settle(error)
        else:
            for each, output in zip(rows.values(), outputs, strict=True):
                each.settle(output)


def _stopping() -> TritonUnavailable:
    return TritonUnavailable("the worker stops: another one takes the frame")
