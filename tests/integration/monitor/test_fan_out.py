"""Many watch the results of one pipeline, each at its own pace."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.errors import leaves
from framemesh.core.frame import FrameId
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.monitor.results import hub, result_queue
from framemesh.monitor.results.hub import ResultHub, TooManyWatchers, result_hub
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume.ordered_reader import StreamGone
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from tests.integration.monitor.conftest import Writer
from tests.integration.services.running import remove_pipeline, stand_pipeline
from tests.waiting import eventually

STREAM = "LEDGER-street"
WAIT_SECONDS = 20.0


class Watching:
    """One watcher, and what it got."""

    def __init__(self) -> None:
        self.found: list[FrameId] = []
        self.may_take = asyncio.Semaphore(0)

    async def take(self, message: ReceivedMessage) -> None:
        await self.may_take.acquire()
        _, _, camera, session, sequence = message.subject.split(".")
        self.found.append(FrameId(camera, session, int(sequence)))

    def let(self, count: int = 1_000_000) -> None:
        for _ in range(min(count, 10_000)):
            self.may_take.release()

    async def has(self, expected: Sequence[FrameId]) -> None:
        async def is_all() -> bool:
            return len(self.found) >= len(expected)

        await eventually(is_all)
        assert self.found == list(expected)


@asynccontextmanager
async def watching(
    results: ResultHub, *cameras: str, after: int | None = None
) -> AsyncIterator[Watching]:
    one = Watching()
    async with results.watcher("street", frozenset(cameras)) as watcher:
        begin = await watcher.last_sequence() if after is None else after
        async with background_task(watcher.run(one.take, begin)):
            yield one


@pytest.fixture
async def results(nats_broker: Broker, pipeline: PipelineSpec) -> AsyncIterator[ResultHub]:
    async with result_hub(nats_broker, SystemClock()) as found:
        yield found


async def consumers(broker: Broker) -> int:
    return len(await JetStream(broker).consumers.names(STREAM))


def frames(camera: str, numbers: Sequence[int]) -> list[FrameId]:
    return [FrameId(camera, "s1", number) for number in numbers]


async def test_all_watchers_of_a_pipeline_share_one_consumer_which_ends_with_the_last(
    nats_broker: Broker, results: ResultHub, writer: Writer
) -> None:
    async with (
        watching(results) as first,
        watching(results, "north") as second,
        watching(results, "south") as third,
    ):
        for one in (first, second, third):
            one.let()
        for number in range(1, 11):
            await writer.complete("north", [number])
        await first.has(frames("north", range(1, 11)))
        await second.has(frames("north", range(1, 11)))
        assert third.found == []
        assert await consumers(nats_broker) == 1
    async with watching(results) as again:
        again.let()
        await writer.complete("north", [11])
        await again.has(frames("north", [11]))


async def test_a_watcher_that_stands_still_delays_nobody_and_misses_nothing(
    nats_broker: Broker,
    results: ResultHub,
    writer: Writer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(result_queue, "MAX_RESULTS", 100)
    expected = frames("north", range(1, 601))
    async with watching(results) as slow, watching(results) as fast:
        fast.let()
        for number in range(1, 601):
            await writer.complete("north", [number])
        await fast.has(expected)
        assert slow.found == []
        slow.let()
        await slow.has(expected)
        # It joins the others again with what comes next.
        await writer.complete("north", [601])
        await slow.has([*expected, *frames("north", [601])])
        await writer.complete("north", [602])
        await slow.has([*expected, *frames("north", [601, 602])])


@pytest.mark.parametrize("seed", range(3))
async def test_at_any_pace_and_from_any_place_each_result_comes_once_and_in_order(
    results: ResultHub,
    writer: Writer,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    monkeypatch.setattr(result_queue, "MAX_RESULTS", 5)
    chance = random.Random(seed)  # noqa: S311  no secret
    total, written = 300, 100
    for number in range(1, written + 1):
        await writer.complete("north" if number % 2 else "south", [number])
    everything = [FrameId("north" if n % 2 else "south", "s1", n) for n in range(1, total + 1)]
    kinds: list[tuple[tuple[str, ...], int | None]] = [
        ((), None),
        ((), 0),
        (("north",), 0),
        (("south",), 50),
        (("north", "south"), None),
        ((), 100),
    ]

    async def watch(cameras: tuple[str, ...], after: int | None) -> None:
        begin = written if after is None else after
        expected = [f for f in everything[begin:] if not cameras or f.camera in cameras]
        async with watching(results, *cameras, after=after) as one:
            started.release()
            for _ in expected:
                one.let(1)
                await asyncio.sleep(chance.choice([0, 0, 0, 0.001, 0.01]))
            await one.has(expected)

    started = asyncio.Semaphore(0)
    async with asyncio.timeout(WAIT_SECONDS), asyncio.TaskGroup() as tasks:
        for cameras, after in kinds:
            tasks.create_task(watch(cameras, after))
        for _ in kinds:
            await started.acquire()
        for number in range(written + 1, total + 1):
            await writer.complete("north" if number % 2 else "south", [number])
            await asyncio.sleep(chance.choice([0, 0.001, 0.005]))


async def test_a_deleted_pipeline_ends_its_watchers_and_one_of_its_name_has_new_ones(
    results: ResultHub, writer: Writer, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    async def watch() -> None:
        async with results.watcher("street", frozenset()) as watcher:
            joined.release()
            await watcher.run(Watching().take, 0)

    joined = asyncio.Semaphore(0)
    async with asyncio.timeout(WAIT_SECONDS):
        watchers = [asyncio.ensure_future(watch()) for _ in range(3)]
        for _ in watchers:
            await joined.acquire()
        await remove_pipeline(nats_broker, pipeline)
        await stand_pipeline(nats_broker)
        async with watching(results) as one:
            one.let()
            await writer.complete("north", [1])
            await one.has(frames("north", [1]))
        ends = await asyncio.gather(*watchers, return_exceptions=True)
    for end in ends:
        errors = leaves(end) if isinstance(end, BaseExceptionGroup) else [end]
        assert [type(error) for error in errors] == [StreamGone]


async def test_more_watchers_than_the_monitor_bears_are_refused(
    results: ResultHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "MAX_WATCHERS_OF_PIPELINE", 2)
    async with watching(results), watching(results):
        with pytest.raises(TooManyWatchers, match="2 callers watch results of 'street' already"):
            async with watching(results):
                pass
        monkeypatch.setattr(hub, "MAX_WATCHERS", 2)
        with pytest.raises(TooManyWatchers, match="2 callers watch results already"):
            async with watching(results):
                pass
    async with watching(results):
        pass
