"""The way into the streams of a buffer."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from framemesh.runtime.concurrency.window import Window
from framemesh.runtime.dataplane.errors import StreamFull, StreamUnavailable
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.plane import Sink
from framemesh.runtime.dataplane.reliable_writer import PAUSES

ROOM_SECONDS = 0.02
"""Between two questions whether a full buffer has room. Workers make room frame by frame; a longer
pause would let them run dry."""

FRAMES_IN_MEMORY = 1024
BYTES_IN_MEMORY = 32 * 1024 * 1024
"""Of one stream: enough for four cameras to use all of their credit."""

Evict = Callable[[OutboundMessage], Awaitable[bool]]


class BackpressureGate:
    """Lets frames into a stream, side by side while there is room, one by one while there is none.

    However many frames of however many cameras wait for a full stream, one of them asks, and the
    others have their turn after it.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.window = Window(FRAMES_IN_MEMORY, BYTES_IN_MEMORY)
        """Bounds the frames that wait for this stream, of all cameras together. Each has its own,
        so that cameras of a full stream do not hold up those of another."""
        self._turn = asyncio.Lock()
        self._full = False

    async def store(self, message: OutboundMessage, evict: Evict | None = None) -> None:
        """Return when the buffer has the frame. Blocks for as long as it is full, or away: this is
        where backpressure comes from.

        Args:
            make_room: asked while the buffer is full; returns whether it made some.

        Raises:
            StreamMissing, PublishRefused, NotPermitted: trying again would not help.
        """
        failures = 0
        while True:
            try:
                return await self._pass(message, evict)
            except StreamUnavailable:
                failures += 1
            await asyncio.sleep(PAUSES.pause(failures))

    async def _pass(self, message: OutboundMessage, evict: Evict | None) -> None:
        if not self._full:
            with contextlib.suppress(StreamFull):
                return await self._sink.store(message)
            self._full = True
        async with self._turn:
            while True:
                try:
                    await self._sink.store(message)
                except StreamFull:
                    if not (evict and await evict(message)):
                        await asyncio.sleep(ROOM_SECONDS)
                else:
                    self._full = False
                    return None


class BackpressureGates:
    """One for each stream of the pipelines that have sessions."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._known: WeakValueDictionary[str, BackpressureGate] = WeakValueDictionary()

    def of(self, stream: str) -> BackpressureGate:
        found = self._known.get(stream)
        if found is None:
            found = self._known[stream] = BackpressureGate(self._sink)
        return found
