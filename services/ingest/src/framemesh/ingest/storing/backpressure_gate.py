"""Holds frames back while a stream of the buffer is full."""

import asyncio
import math
from typing import Protocol
from weakref import WeakValueDictionary

from framemesh.runtime.concurrency.window import Window
from framemesh.runtime.dataplane.data_plane import PromptSink
from framemesh.runtime.dataplane.errors import BrokerFull, StreamFull
from framemesh.runtime.dataplane.outbound_message import OutboundMessage

POLL_SECONDS = 0.02
"""Between two attempts to store in a full stream. Workers make room frame by frame; a longer pause
would let them run dry."""

FRAMES_IN_MEMORY = 1024
BYTES_IN_MEMORY = 32 * 1024 * 1024
"""For one stream: enough for four cameras to use all of their credit."""


class Eviction(Protocol):
    """A policy that makes room in a full stream."""

    async def make_room(self, newer: OutboundMessage) -> bool:
        """Remove a frame that `newer` may replace; returns whether there is room for it now."""
        ...


class BackpressureGate:
    """Stores frames in one stream: side by side while it has room, one by one while it is full.

    However many frames of however many cameras wait for a full stream, one of them polls it, and
    the others queue behind that one. A frame that comes while some of them wait queues, too: there
    is hardly more room than for the first of them, and a frame that is refused costs the broker as
    much as one that is stored.
    """

    def __init__(self, sink: PromptSink) -> None:
        self._sink = sink
        self.window = Window(FRAMES_IN_MEMORY, BYTES_IN_MEMORY)
        """Bounds the frames that wait for this stream, of all cameras together. Each stream has its
        own, so that cameras of a full stream do not hold up those of another."""
        self._polling = asyncio.Lock()
        self._waiting = 0
        """Frames in the queue, with the one that polls."""
        self._full = False
        self._refused_at = -math.inf
        """When it refused a frame last, by the event loop's clock."""

    async def store(self, message: OutboundMessage, eviction: Eviction | None = None) -> None:
        """Return when the stream has the frame. Blocks for as long as it is full.

        Args:
            eviction: asked to make room while the stream is full. None: workers make it. Not where
                the broker itself is full: frame after frame would be lost for nothing.

        Raises:
            StreamMissing, StreamUnavailable, PublishRefused, NotPermitted: as Sink.store.
        """
        if not self._full and await self._refusal(message) is None:
            return
        self._waiting += 1
        try:
            async with self._polling:
                await self._store_once_there_is_room(message, eviction)
        finally:
            self._waiting -= 1
        self._full = self._waiting > 0

    def begin_store(self, message: OutboundMessage) -> asyncio.Future[int | None] | None:
        """As PromptSink.begin_store; None while the stream is full."""
        if self._full:
            return None
        begun = self._sink.begin_store(message)
        if begun is not None:
            begun.add_done_callback(self._note)
        return begun

    async def _store_once_there_is_room(
        self, message: OutboundMessage, eviction: Eviction | None
    ) -> None:
        if eviction is None:
            # Whoever is next in the queue need not ask what was just answered.
            await self._rest()
        while (full := await self._refusal(message)) is not None:
            evicting = None if isinstance(full, BrokerFull) else eviction
            if not (evicting and await evicting.make_room(message)):
                await self._rest()

    async def _rest(self) -> None:
        """Wait until a full stream may be asked again."""
        passed = asyncio.get_running_loop().time() - self._refused_at
        if passed < POLL_SECONDS:
            await asyncio.sleep(POLL_SECONDS - passed)

    async def _refusal(self, message: OutboundMessage) -> StreamFull | None:
        """Why there is no room for the message; None once it is stored."""
        try:
            await self._sink.store(message)
        except StreamFull as full:
            self._refused()
            return full
        return None

    def _note(self, begun: asyncio.Future[int | None]) -> None:
        if not begun.cancelled() and isinstance(begun.exception(), StreamFull):
            self._refused()

    def _refused(self) -> None:
        self._full = True
        self._refused_at = asyncio.get_running_loop().time()


class EvictingGate:
    """A gate as one session sees it: with the eviction that its pipeline's policy asks for."""

    def __init__(self, gate: BackpressureGate, eviction: Eviction | None) -> None:
        self.window = gate.window
        self._gate = gate
        self._eviction = eviction

    async def store(self, message: OutboundMessage) -> None:
        """As BackpressureGate.store."""
        await self._gate.store(message, self._eviction)

    def begin_store(self, message: OutboundMessage) -> asyncio.Future[int | None] | None:
        """As BackpressureGate.begin_store."""
        return self._gate.begin_store(message)


class BackpressureGates:
    """One gate for each stream of the pipelines that have sessions."""

    def __init__(self, sink: PromptSink) -> None:
        self._sink = sink
        self._known: WeakValueDictionary[str, BackpressureGate] = WeakValueDictionary()

    def of(self, stream: str) -> BackpressureGate:
        """The gate of `stream`. It lives for as long as somebody holds it."""
        found = self._known.get(stream)
        if found is None:
            found = self._known[stream] = BackpressureGate(self._sink)
        return found
