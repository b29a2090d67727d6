"""When requests are sent, which rows are in them, and which callers fail with one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import numpy as np
import pytest

from framemesh.core.frame import Frame, FrameId
from framemesh.modeling.decoders.demand import InputSize
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.worker.engine.batching import Batcher, BatchPolicy, Row
from framemesh.worker.errors import InferenceFailed, TritonTimedOut, TritonUnavailable
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.triton.row_allocator import RowAllocator
from framemesh.worker.triton.tensor_arena import RowOutputs
from tests.hand_clock import HandClock


class Model:
    """Answers each row with its own number once `open` is set; records its requests."""

    def __init__(self) -> None:
        self.requests: list[tuple[int, int]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.poison: set[int] = set()
        self.sent: list[tuple[list[int], InputSize | None]] = []
        self.away: TritonUnavailable | None = None

    async def infer(self, rows: Sequence[int], size: InputSize | None) -> list[RowOutputs]:
        self.requests.append((rows[0], len(rows)))
        self.sent.append((list(rows), size))
        await self.open.wait()
        if self.away is not None:
            raise self.away
        if self.poison.intersection(rows):
            raise InferenceFailed("poison")
        return [{"row": np.array([row], np.float32)} for row in rows]


def answered(outputs: Sequence[RowOutputs | Exception]) -> list[RowOutputs]:
    """
    Raises:
        Exception: of the first row that has no outputs.
    """
    found = []
    for each in outputs:
        if isinstance(each, Exception):
            raise each
        found.append(each)
    return found


class Bench:
    frame: FrameContext | None = None
    """That is asked for."""

    def __init__(self, model: Model, tasks: TaskGroup, delay: float) -> None:
        self.model = model
        self.rows = RowAllocator(16)
        self.tasks = tasks
        policy = BatchPolicy(max_batch=4, max_delay_seconds=delay, instances=1)
        self.batcher = Batcher(model.infer, self.rows, policy, tasks)

    async def ask(self, count: int = 1) -> list[int]:
        """Reserve, run, release; returns what the model answered."""
        rows = await self.batcher.reserve(count)
        try:
            outputs = await self.batcher.run([Row(row, context=self.frame) for row in rows])
            answers = [int(output["row"][0]) for output in answered(outputs)]
            assert answers == rows
            return answers
        finally:
            self.batcher.release(rows)

    async def ask_for_one(self) -> int | str:
        """The answer, or what the model had against the input."""
        try:
            (answer,) = await self.ask()
        except InferenceFailed as error:
            return str(error)
        return answer

    def start(self, count: int) -> list[asyncio.Task[int | str]]:
        return [self.tasks.create_task(self.ask_for_one()) for _ in range(count)]


@asynccontextmanager
async def bench(delay: float = 60.0) -> AsyncIterator[Bench]:
    async with asyncio.timeout(10), TaskGroup() as tasks:
        made = Bench(Model(), tasks, delay)
        yield made
    assert made.rows.free == 16


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_row_is_sent_at_once_to_an_idle_model() -> None:
    async with bench() as b:
        assert await b.ask() == [0]
        assert b.model.requests == [(0, 1)]


async def test_rows_that_wait_for_a_busy_model_are_sent_together_once_the_batch_is_full() -> None:
    async with bench() as b:
        b.model.open.clear()
        b.start(4)
        await settle()
        assert b.model.requests == [(0, 1)]
        b.start(1)
        await settle()
        assert b.model.requests == [(0, 1), (1, 4)]
        b.model.open.set()


async def test_rows_that_wait_are_sent_once_an_instance_is_free() -> None:
    async with bench() as b:
        b.model.open.clear()
        b.start(3)
        await settle()
        b.model.open.set()
        await settle()
        assert b.model.requests == [(0, 1), (1, 2)]


async def test_no_row_waits_longer_than_the_delay() -> None:
    async with bench(delay=0.01) as b:
        b.model.open.clear()
        b.start(3)
        await asyncio.sleep(0.05)
        assert b.model.requests == [(0, 1), (1, 2)]
        b.model.open.set()


async def test_requests_in_progress_are_bounded() -> None:
    async with bench(delay=0.0) as b:
        b.model.open.clear()
        b.start(12)
        await settle()
        assert len(b.model.requests) == 2
        b.model.open.set()


async def test_rows_of_one_caller_may_go_in_several_requests() -> None:
    async with bench() as b:
        assert await b.ask(4) == [0, 1, 2, 3]
        assert await b.ask(7) == [0, 1, 2, 3, 4, 5, 6]


async def test_one_bad_input_does_not_take_the_others_down() -> None:
    async with bench() as b:
        b.model.open.clear()
        answers = b.start(4)
        b.model.poison.add(2)
        await settle()
        b.model.open.set()
        assert await asyncio.gather(*answers) == [0, 1, "poison", 3]
        assert sorted(b.model.requests[1:]) == [(1, 1), (1, 3), (2, 1), (3, 1)]


async def test_callers_fail_while_triton_is_down() -> None:
    async with bench() as b:
        b.model.away = TritonUnavailable("away")
        with pytest.raises(TritonUnavailable):
            await b.ask()
        assert b.rows.free == 16


async def test_rows_of_a_request_that_timed_out_are_quarantined() -> None:
    async with bench() as b:
        b.model.away = TritonTimedOut("no answer")
        with pytest.raises(TritonTimedOut):
            await b.ask(2)
        assert b.rows.free == 14
        b.rows.end_quarantine()


async def test_a_caller_that_gives_up_frees_its_rows_once_triton_answered() -> None:
    async with bench() as b:
        b.model.open.clear()
        (task,) = b.start(1)
        await settle()
        task.cancel()
        await settle()
        assert b.rows.free == 15
        b.model.open.set()
        await settle()
        assert b.rows.free == 16


async def test_rows_of_a_caller_that_gives_up_before_are_not_sent() -> None:
    async with bench() as b:
        b.model.open.clear()
        tasks = b.start(3)
        await settle()
        tasks[2].cancel()
        await settle()
        b.model.open.set()
        await settle()
        assert b.model.requests == [(0, 1), (1, 1)]


async def test_a_frame_knows_when_its_input_was_written_sent_and_answered() -> None:
    clock = HandClock()
    frame = Frame(FrameId("north", "a", 1), 0, b"", 0)
    context = FrameContext(frame, clock)
    context.begin_attempt()
    async with bench() as made:
        # The model is busy with another frame: this one waits until the batch is due.
        made.model.open.clear()
        busy = made.start(1)
        await settle()
        made.frame = context
        asked = made.tasks.create_task(made.ask())
        await settle()
        assert (context.timings.decoded, context.timings.sent) == (clock.seconds, None)
        clock.seconds += 1
        made.model.open.set()
        await asyncio.gather(*busy)
        await asked
    timings = context.timings
    assert (timings.sent, timings.answered) == (clock.seconds, clock.seconds)
    assert timings.decoded == clock.seconds - 1


async def test_inputs_of_one_size_go_together_wherever_they_lie() -> None:
    wide, high = InputSize(64, 32), InputSize(32, 64)
    async with bench() as made:
        rows = await made.batcher.reserve(8)
        made.model.open.clear()
        blocked = made.tasks.create_task(made.batcher.run([Row(rows[0], size=wide)]))
        await asyncio.sleep(0)
        sizes = [high, wide, high, wide, wide, wide, wide]
        others = [Row(row, size=size) for row, size in zip(rows[1:], sizes, strict=True)]
        rest = made.tasks.create_task(made.batcher.run(others))
        await asyncio.sleep(0)
        made.model.open.set()
        await asyncio.gather(blocked, rest)
        made.batcher.release(rows)
    assert made.model.sent == [
        ([0], wide),
        ([1, 3], high),
        ([2, 4, 5, 6], wide),
        ([7], wide),
    ]
    assert [int(output["row"][0]) for output in answered(rest.result())] == rows[1:]
