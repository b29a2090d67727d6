"""Holds frames back while a stream of the buffer is full."""

import asyncio
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
    the others queue behind that one.
    """

    def __init__(self, sink: PromptSink) -> None:
        self._sink = sink
        self.window = Window(FRAMES_IN_MEMORY, BYTES_IN_MEMORY)
        """Bounds the frames that wait for this stream, of all cameras together. Each stream has its
        own, so that cameras of a full stream do not hold up those of another."""
        self._polling = asyncio.Lock()
        self._full = False

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
        self._full = True
        async with self._polling:
            while (full := await self._refusal(message)) is not None:
                evicting = None if isinstance(full, BrokerFull) else eviction
                if not (evicting and await evicting.make_room(message)):
                    await asyncio.sleep(POLL_SECONDS)
            self._full = False

    def begin_store(self, message: OutboundMessage) -> asyncio.Future[int | None] | None:
        """As PromptSink.begin_store; None while the stream is full."""
        return None if self._full else self._sink.begin_store(message)

    async def _refusal(self, message: OutboundMessage) -> StreamFull | None:
        """Why there is no room for the message; None once it is stored."""
        try:
            await self._sink.store(message)
        except StreamFull as full:
            return full
        return None


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
