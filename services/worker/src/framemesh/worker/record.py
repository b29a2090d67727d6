"""Writing to the streams of a pipeline what must be there, however long that takes."""

import asyncio

from framemesh.runtime.dataplane.errors import AlreadyStored, StreamMissing
from framemesh.runtime.dataplane.outgoing import Outgoing
from framemesh.runtime.dataplane.persistence import store_until_stored
from framemesh.runtime.dataplane.plane import Sink

PAUSE_SECONDS = 1.0
"""Before a stream is looked for again."""


class Record:
    """The streams that a worker writes to."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    async def write(self, message: Outgoing) -> bool:
        """Store `message`; returns False where its place was taken.

        That may be by this very message: its acknowledgement can get lost.
        """
        while True:
            try:
                await store_until_stored(self._sink, message)
                return True
            except AlreadyStored:
                return False
            except StreamMissing:
                # Without a leader for a moment, or deleted; then we are stopped as well.
                await asyncio.sleep(PAUSE_SECONDS)
