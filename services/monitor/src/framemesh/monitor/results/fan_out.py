"""One reader of a pipeline's results for all who watch them."""

import asyncio
from collections.abc import Set as AbstractSet

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.monitor.results.result_queue import ResultQueue
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader, StreamGone
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.messages.subjects import ledger_stream, outcomes_subject

YIELD_AFTER = 64
"""Messages in a row, before the watchers get to take them out of their queues."""


class ResultFanOut:
    """Reads the results from now on, and puts them into the queues of those who joined."""

    def __init__(self, broker: Broker, pipeline: str, clock: Clock) -> None:
        self._broker = broker
        self._pipeline = pipeline
        self._clock = clock
        self._queues: set[ResultQueue] = set()
        self._position = 0
        """Of the last message that is in the queues."""
        self._started = asyncio.Event()
        self._fault: FramemeshError | None = None
        self.created = ""
        """When the stream was made."""
        self.watchers = 0

    async def started(self) -> None:
        """Wait until queues can join.

        Raises:
            StreamGone: there is no such pipeline.
            BrokerUnavailable: the broker does not answer in time.
        """
        await self._started.wait()
        if self._fault:
            raise self._fault

    def join(self, cameras: AbstractSet[str]) -> ResultQueue:
        """A queue that gets every result from now on; none of `cameras`: of all."""
        queue = ResultQueue(cameras, self._position)
        self._queues.add(queue)
        if self._fault:
            queue.fail(self._fault)
        return queue

    def leave(self, queue: ResultQueue) -> None:
        self._queues.discard(queue)

    def reader(self, cameras: AbstractSet[str] = frozenset()) -> OrderedReader:
        """One that reads the results of some cameras on its own; of all if these are none."""
        subjects = [outcomes_subject(self._pipeline, camera) for camera in cameras or {"*"}]
        found = OrderedReader(self._broker, ledger_stream(self._pipeline), self._clock, subjects)
        found.created = self.created
        return found

    async def run(self) -> None:
        """Read until the pipeline is deleted, or until cancelled."""
        try:
            reader = self.reader()
            self._position = await reader.last_sequence()
            self.created = reader.created
            self._started.set()
            await reader.read(self._deliver, after=self._position)
        except (StreamGone, BrokerUnavailable) as error:
            self._fault = error
            self._started.set()
            for queue in self._queues:
                queue.fail(error)

    async def _deliver(self, message: ReceivedMessage) -> None:
        camera = message.subject.split(".", 3)[2]
        for queue in self._queues:
            queue.put(camera, message)
        self._position = message.sequence
        if message.sequence % YIELD_AFTER == 0:
            await asyncio.sleep(0)
