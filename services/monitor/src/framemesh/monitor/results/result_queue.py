"""Results on their way to one watcher."""

import asyncio
from collections import deque
from collections.abc import Set as AbstractSet

from framemesh.core.errors import FramemeshError
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage

MAX_RESULTS = 1024
"""Twice what the shared reader gets from the broker at once."""

MAX_BYTES = 4 * 1024 * 1024
"""A watcher that is slower than this reads from the broker on its own, which waits for it."""


class ResultQueue:
    """Every result of some cameras after `position`, without a gap, until it overflows."""

    def __init__(self, cameras: AbstractSet[str], position: int) -> None:
        """`cameras`: none for all."""
        self._cameras = cameras
        self.position = position
        """Sequence number of the last message that was delivered to the others before."""
        self._messages: deque[ReceivedMessage] = deque()
        self._bytes = 0
        self._changed = asyncio.Event()
        self._overflowed = False
        self._fault: FramemeshError | None = None

    def put(self, camera: str, message: ReceivedMessage) -> None:
        """Never waits: where there is no room, this and all that follow are left out."""
        if self._overflowed or (self._cameras and camera not in self._cameras):
            return
        size = self._bytes + len(message.payload)
        if len(self._messages) >= MAX_RESULTS or (self._messages and size > MAX_BYTES):
            self._overflowed = True
        else:
            self._messages.append(message)
            self._bytes = size
        self._changed.set()

    def fail(self, fault: FramemeshError) -> None:
        """No further results will come."""
        self._fault = fault
        self._changed.set()

    async def get(self) -> ReceivedMessage | None:
        """The next result; None after the last before the overflow.

        Raises:
            FramemeshError: what `fail` was given, after the last result.
        """
        while not self._messages:
            if self._overflowed:
                return None
            if self._fault:
                raise self._fault
            self._changed.clear()
            await self._changed.wait()
        message = self._messages.popleft()
        self._bytes -= len(message.payload)
        return message
