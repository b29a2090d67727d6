"""A pull from a consumer in memory."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import NoReturn

from framemesh.runtime.dataplane.data_plane import PullLimits
from framemesh.runtime.dataplane.errors import ConsumerGone, PullTooSmall
from framemesh.runtime.dataplane.received_message import ReceivedMessage
from framemesh.runtime.memory.consumer import Consumer
from framemesh.runtime.memory.received_message import received_message
from framemesh.runtime.memory.stored_message import Message

POLL_SECONDS = 0.01
"""Interval of checks for due redeliveries: an injected clock notifies nobody when it moves."""


class MemoryPull:
    """Implements `framemesh.runtime.dataplane.data_plane.Pull`."""

    def __init__(
        self,
        find: Callable[[], Consumer],
        limits: PullLimits,
        deliver: Callable[[ReceivedMessage], None],
    ) -> None:
        """`find` returns the consumer, or raises ConsumerGone."""
        self._find = find
        self._limits = limits
        self._deliver = deliver
        self._held = 0
        self._held_bytes = 0
        self._changed = asyncio.Event()

    def limit(self, limits: PullLimits) -> None:
        self._limits = limits
        self._changed.set()

    def done(self, message: ReceivedMessage) -> None:
        self._held -= 1
        self._held_bytes -= len(message.payload)
        self._changed.set()

    async def run(self) -> NoReturn:
        consumer = self._find()
        consumer.listeners.add(self._changed.set)
        try:
            while not consumer.gone:
                self._changed.clear()
                if self._deliver_next(consumer):
                    # Other pulls of the consumer get the next message.
                    await asyncio.sleep(0)
                else:
                    await self._wait(POLL_SECONDS if consumer.waits else None)
        finally:
            consumer.listeners.remove(self._changed.set)
        raise ConsumerGone("the consumer was deleted")

    def _deliver_next(self, consumer: Consumer) -> bool:
        pending = consumer.next()
        if pending is None or not self._fits(pending.message):
            return False
        self._held += 1
        self._held_bytes += len(pending.message.payload)
        consumer.delivered(pending)
        self._deliver(received_message(pending, consumer))
        return True

    def _fits(self, message: Message) -> bool:
        if message.size > self._limits.bytes:
            raise PullTooSmall(
                f"the next message has {message.size} bytes, more than {self._limits.bytes}:"
                " let the pull have more"
            )
        return (
            self._held < self._limits.messages
            and self._held_bytes + message.size <= self._limits.bytes
        )

    async def _wait(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
