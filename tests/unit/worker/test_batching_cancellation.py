"""A batcher under every interleaving of callers, answers, failures and cancellations."""

import asyncio
import math
from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from framemesh.modeling.decoders.demand import InputSize
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.worker.engine.batching import Batcher, BatchPolicy, Row
from framemesh.worker.errors import InferenceFailed, TooOld, TritonTimedOut, TritonUnavailable
from framemesh.worker.triton.row_allocator import RowAllocator
from framemesh.worker.triton.tensor_arena import RowOutputs

ROWS = 6
SETTLED_STEPS = 30
EXPECTED = (InferenceFailed, TooOld, TritonUnavailable)


class Batching(RuleBasedStateMachine):
    """Callers reserve rows, run them and release them, as a stage does; a task that is cancelled
    does not know it until the loop runs."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.rows = RowAllocator(ROWS)
        self.requests: list[tuple[int, int, asyncio.Future[list[RowOutputs]]]] = []
        self.callers: list[asyncio.Task[None]] = []
        self.written: set[int] = set()
        """Rows that belong to a caller."""
        self.stop = self.loop.create_future()
        self.group = self.loop.create_task(self.run())
        self.run_once()

    async def run(self) -> None:
        async with TaskGroup() as tasks:
            policy = BatchPolicy(max_batch=3, max_delay_seconds=0.0, instances=1)
            self.batcher = Batcher(self.infer, self.rows, policy, tasks)
            await self.stop

    async def infer(self, rows: Sequence[int], size: InputSize | None) -> list[RowOutputs]:
        answer: asyncio.Future[list[RowOutputs]] = self.loop.create_future()
        self.requests.append((rows[0], len(rows), answer))
        return await answer

    async def call(self, count: int, deadline: float) -> None:
        rows = await self.batcher.reserve(count)
        assert not self.written.intersection(rows), "no row has two callers"
        self.written.update(rows)
        try:
            outputs = await self.batcher.run([Row(row, deadline) for row in rows])
            for row, output in zip(rows, outputs, strict=True):
                if isinstance(output, Exception):
                    assert isinstance(output, EXPECTED), repr(output)
                else:
                    assert int(output["row"][0]) == row
        finally:
            self.written.difference_update(rows)
            self.batcher.release(rows)

    @rule(count=st.integers(1, ROWS), late=st.booleans())
    def arrive(self, count: int, late: bool) -> None:
        deadline = 0.0 if late else math.inf
        self.callers.append(self.loop.create_task(self.call(count, deadline)))

    @precondition(lambda self: self.callers)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.callers)).cancel()

    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        def outputs(first: int, count: int, answer: asyncio.Future[list[RowOutputs]]) -> None:
            rows = range(first, first + count)
            answer.set_result([{"row": np.array([row], np.float32)} for row in rows])

        self.end_one(data, outputs)

    @rule(
        data=st.data(),
        error=st.sampled_from(
            [InferenceFailed("no"), TritonUnavailable("no"), TritonTimedOut("no")]
        ),
    )
    def fail(self, data: st.DataObject, error: Exception) -> None:
        self.end_one(data, lambda first, count, answer: answer.set_exception(error))

    def end_one(
        self,
        data: st.DataObject,
        end: Callable[[int, int, asyncio.Future[list[RowOutputs]]], None],
    ) -> None:
        open_requests = [each for each in self.requests if not each[2].done()]
        if open_requests:
            end(*data.draw(st.sampled_from(open_requests)))

    @rule()
    def step(self) -> None:
        self.run_once()

    @rule()
    def quarantine_ends(self) -> None:
        self.rows.end_quarantine()

    def run_once(self) -> None:
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()

    @invariant()
    def requests_go_on(self) -> None:
        assert not self.group.done()

    @invariant()
    def nobody_fails_otherwise(self) -> None:
        for caller in self.callers:
            if caller.done() and not caller.cancelled():
                error = caller.exception()
                assert error is None, repr(error)

    def teardown(self) -> None:
        for caller in self.callers[::2]:
            caller.cancel()
        self.group.cancel()
        for _ in range(SETTLED_STEPS):
            self.run_once()
        # Everybody hears of it, and no row is lost.
        for caller in self.callers:
            if not caller.done():
                caller.cancel()
        for _ in range(SETTLED_STEPS):
            self.run_once()
        self.rows.end_quarantine()
        self.nobody_fails_otherwise()
        assert self.group.cancelled()
        assert self.rows.free == ROWS
        self.loop.close()


TestBatching = Batching.TestCase
TestBatching.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
