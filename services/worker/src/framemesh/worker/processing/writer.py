"""Writing to the streams of a pipeline what must be there, however long that takes."""

import asyncio

from framemesh.runtime.dataplane.errors import AlreadyStored, StreamMissing
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.plane import Sink
from framemesh.runtime.dataplane.reliable_writer import store_with_retries

RETRY_SECONDS = 1.0
"""Before a stream is looked for again."""


class ReliableWriter:
    """The streams that a worker writes to."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    async def write(self, message: OutboundMessage) -> bool:
        """Store `message`; returns False where its place was taken.

        That may be by this very message: its acknowledgement can get lost.
        """
        while True:
            try:
                await store_with_retries(self._sink, message)
                return True
            except AlreadyStored:
                return False
            except StreamMissing:
                # Without a leader for a moment, or deleted; then we are stopped as well.
                await asyncio.sleep(RETRY_SECONDS)
