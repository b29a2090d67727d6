"""One who watches results: by the shared reader if it keeps up, else by a reader of its own."""

import asyncio
from collections.abc import Set as AbstractSet
from typing import NoReturn

from framemesh.monitor.results.fan_out import ResultFanOut
from framemesh.monitor.results.result_queue import ResultQueue
from framemesh.runtime.concurrency.run_until import cancel_when
from framemesh.runtime.jetstream.consume.ordered_reader import Handler
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage


class Watcher:
    """Gets each result once, in order, however fast it takes them."""

    def __init__(self, fan_out: ResultFanOut, cameras: AbstractSet[str]) -> None:
        self._fan_out = fan_out
        self._cameras = cameras
        self._queue = fan_out.join(cameras)

    @property
    def stream_created(self) -> str:
        """When the stream of the results was made."""
        return self._fan_out.created

    async def last_sequence(self) -> int:
        """Of the newest message of the stream; every result after it will come.

        Raises:
            StreamGone: the pipeline was deleted, and may have been made anew.
            BrokerUnavailable: no answer in time.
        """
        return await self._fan_out.reader().last_sequence()

    async def run(self, write: Handler, after: int) -> NoReturn:
        """Hand the results after sequence number `after` to `write`, one by one, for ever. It may
        take its time: nobody else waits for it.

        Raises:
            StreamGone: the pipeline was deleted.
        """
        while True:
            if after < self._queue.position:
                after = await self._catch_up(write, after)
            after = await self._follow(write, after)
            # The queue overflowed: what comes next is only in the stream.
            self._join(self._fan_out.join(self._cameras))

    def close(self) -> None:
        self._fan_out.leave(self._queue)

    async def _follow(self, write: Handler, after: int) -> int:
        """Write what is in the queue until it overflows; returns the last sequence number."""
        while (message := await self._queue.get()) is not None:
            if message.sequence > after:
                await write(message)
                after = message.sequence
        return after

    async def _catch_up(self, write: Handler, after: int) -> int:
        """Write from the stream until a new queue has all that follows; returns the last sequence
        number that was written.

        The queue is joined near the end of the stream, so that it does not overflow meanwhile. From
        then on both have what comes, and the first message after its position is left to it.
        """
        self._fan_out.leave(self._queue)
        joined: ResultQueue | None = None
        reached = asyncio.Event()

        def join() -> None:
            nonlocal joined
            if joined is None:
                joined = self._fan_out.join(self._cameras)
                self._join(joined)

        async def handle(message: ReceivedMessage) -> None:
            nonlocal after
            if joined is not None and message.sequence > joined.position:
                reached.set()
                await asyncio.Future()
            await write(message)
            after = message.sequence

        reader = self._fan_out.reader(self._cameras)
        await cancel_when(reached, reader.read(handle, after, caught_up=join))
        return after

    def _join(self, queue: ResultQueue) -> None:
        self._fan_out.leave(self._queue)
        self._queue = queue
