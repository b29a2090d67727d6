"""Everybody who watches results of any pipeline, bounded in number."""

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager

from framemesh.core.clock import Clock
from framemesh.core.errors import Code, FramemeshError
from framemesh.monitor.results.fan_out import ResultFanOut
from framemesh.monitor.results.watcher import Watcher
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader
from framemesh.runtime.messages.subjects import ledger_stream

MAX_WATCHERS_OF_PIPELINE = 64
MAX_WATCHERS = 256
"""Of all pipelines. Each that is slow may hold 4 MiB in its queue, or 8 MiB from its own reader."""


class TooManyWatchers(FramemeshError):
    """As many watch as the monitor bears."""

    code = Code.EXHAUSTED


class ResultHub:
    """Has one fan-out for each pipeline whose results are watched."""

    def __init__(self, broker: Broker, clock: Clock, tasks: TaskGroup) -> None:
        """`tasks`: where the fan-outs run."""
        self._broker = broker
        self._clock = clock
        self._tasks = tasks
        self._fan_outs: dict[str, tuple[ResultFanOut, asyncio.Task[None]]] = {}
        self._watchers = 0

    def close(self) -> None:
        for _, task in self._fan_outs.values():
            task.cancel()

    @asynccontextmanager
    async def watcher(self, pipeline: str, cameras: AbstractSet[str]) -> AsyncIterator[Watcher]:
        """One who watches the results of some cameras, or of all if these are none.

        Raises:
            TooManyWatchers: end one first.
            StreamGone: there is no such pipeline.
            BrokerUnavailable: the broker does not answer in time.
        """
        await self._forget_replaced(pipeline)
        fan_out = self._admit(pipeline)
        try:
            await fan_out.started()
            watcher = Watcher(fan_out, cameras)
            try:
                yield watcher
            finally:
                watcher.close()
        finally:
            self._release(pipeline, fan_out)

    def _admit(self, pipeline: str) -> ResultFanOut:
        if self._watchers >= MAX_WATCHERS:
            raise TooManyWatchers(f"{MAX_WATCHERS} callers watch results already: end one first")
        if pipeline not in self._fan_outs:
            made = ResultFanOut(self._broker, pipeline, self._clock)
            self._fan_outs[pipeline] = made, self._tasks.create_task(made.run())
        fan_out, _ = self._fan_outs[pipeline]
        if fan_out.watchers >= MAX_WATCHERS_OF_PIPELINE:
            raise TooManyWatchers(
                f"{MAX_WATCHERS_OF_PIPELINE} callers watch results of {pipeline!r} already: end one"
                " first"
            )
        fan_out.watchers += 1
        self._watchers += 1
        return fan_out

    def _release(self, pipeline: str, fan_out: ResultFanOut) -> None:
        fan_out.watchers -= 1
        self._watchers -= 1
        current, task = self._fan_outs.get(pipeline, (None, None))
        if fan_out is current and task and (not fan_out.watchers or task.done()):
            del self._fan_outs[pipeline]
            task.cancel()

    async def _forget_replaced(self, pipeline: str) -> None:
        """Let a new fan-out be made where the pipeline was made anew, and the present one has not
        noticed yet: it ends by itself."""
        if pipeline in self._fan_outs:
            probe = OrderedReader(self._broker, ledger_stream(pipeline), self._clock)
            await probe.last_sequence()
            found = self._fan_outs.get(pipeline)
            if found and found[0].created not in {"", probe.created}:
                del self._fan_outs[pipeline]


@asynccontextmanager
async def result_hub(broker: Broker, clock: Clock) -> AsyncIterator[ResultHub]:
    """A hub whose fan-outs run while the context lasts."""
    async with TaskGroup() as tasks:
        hub = ResultHub(broker, clock, tasks)
        try:
            yield hub
        finally:
            hub.close()
