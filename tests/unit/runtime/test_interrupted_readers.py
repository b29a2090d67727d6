"""Readers of streams whose end and whose broker's reconnect come at the same moment."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from framemesh.core.clock import SystemClock
from framemesh.runtime.dataplane.errors import ConsumerGone
from framemesh.runtime.jetstream import pipeline_feed
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume import ordered_reader
from framemesh.runtime.jetstream.consume.ordered_reader import Handler, OrderedReader
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed


async def test_a_reconnect_while_the_feed_begins_anew_reaches_all_listeners(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker, reads = Broker("nats://127.0.0.1:1"), asyncio.Semaphore(0)

    class Reader(OrderedReader):
        async def read(
            self, handle: Handler, after: int = 0, caught_up: Callable[[], None] | None = None
        ) -> Any:
            reads.release()
            try:
                await asyncio.Future()
            finally:
                for listener in broker.listeners:
                    listener()

    monkeypatch.setattr(pipeline_feed, "OrderedReader", Reader)
    monkeypatch.setattr(pipeline_feed, "SNAPSHOT_TIMEOUT_SECONDS", 0.01)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(PipelineFeed(broker, SystemClock()).run())
        for _ in range(3):
            await reads.acquire()
        running.cancel()


class GoneAsItIsCancelled:
    """A pull whose consumer goes in the moment in which the pull is cancelled."""

    def __init__(self, began: asyncio.Event) -> None:
        self._began = began

    async def run(self) -> None:
        self._began.set()
        try:
            await asyncio.Future()
        except asyncio.CancelledError:
            raise ConsumerGone("deleted") from None


async def test_a_reader_that_is_cancelled_as_its_consumer_goes_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    began = asyncio.Event()

    @asynccontextmanager
    async def puller(*_: Any, **__: Any) -> AsyncIterator[GoneAsItIsCancelled]:
        yield GoneAsItIsCancelled(began)

    class Reader(OrderedReader):
        async def _make_consumer(self, start: int) -> str:
            return "consumer"

    async def handle(_: object) -> None:
        pass

    monkeypatch.setattr(ordered_reader, "puller", puller)
    reader = Reader(Broker("nats://127.0.0.1:1"), "stream", SystemClock())
    reading = asyncio.create_task(reader.read(handle))
    await began.wait()
    reading.cancel()
    done, _ = await asyncio.wait([reading], timeout=2)
    reading.cancel()
    assert done
