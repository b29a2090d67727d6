"""How many frames a buffer took and holds, by what its streams say."""

from dataclasses import dataclass

from framemesh.runtime.jetstream.api.errors import StreamNotFound
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.messages.subjects import frames_streams


@dataclass(frozen=True, slots=True)
class BufferCount:
    arrived: int
    """Since the first count, and those that were in the buffer then."""
    pending: int


class BufferCounter:
    """Counts one pipeline's frames, through all generations of its buffer.

    A frame is in its stream until its worker has acknowledged it, so those that workers have count
    as backlog: they may come back.
    """

    def __init__(self, broker: Broker) -> None:
        self._streams = JetStream(broker).streams
        self._arrived = 0
        self._last: dict[str, tuple[str, int]] = {}
        """By stream: when it was made, and the highest sequence number counted."""

    async def count(self, stored: StoredPipeline) -> BufferCount:
        """
        Raises:
            BrokerUnavailable: a stream does not answer in time.
        """
        first, pending, seen = not self._last, 0, {}
        for generation in (*stored.draining, stored.generation):
            for name in frames_streams(stored.spec.name, generation):
                try:
                    info = await self._streams.info(name)
                except StreamNotFound:
                    # Drained, or not made yet.
                    continue
                state = info.state
                made, counted = self._last.get(name, (info.created, 0))
                if made != info.created:
                    counted = 0
                new = state.messages if first else state.last_sequence - counted
                self._arrived += max(0, new)
                pending += state.messages
                seen[name] = (info.created, state.last_sequence)
        self._last = seen
        return BufferCount(self._arrived, pending)
