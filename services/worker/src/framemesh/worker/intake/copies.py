"""Draws the copies of frames that the workers of a shadow share."""

import asyncio
import contextlib

from framemesh.runtime.dataplane.errors import ConsumerGone
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import shadow_consumer, shadow_stream
from framemesh.worker.intake.dispatcher import Dispatcher
from framemesh.worker.intake.source import FrameSource

log = get_logger()

RETRY_SECONDS = 1.0
"""Before a stream that is gone is looked for again: the shadow has ended, and this worker is about
to be stopped, or the stream is made anew."""


class CopyConsumer:
    """Draws all copies of a pipeline's frames, in any order."""

    def __init__(self, dispatcher: Dispatcher, pipeline: str) -> None:
        self._dispatcher = dispatcher
        self._pipeline = pipeline

    async def run(self, stop: asyncio.Event) -> None:
        """Draw until `stop` is set and what came is settled."""
        while not stop.is_set():
            try:
                source = FrameSource(shadow_stream(self._pipeline), shadow_consumer())
                await self._dispatcher.draw(source, stop)
            except ConsumerGone:
                log.info("there are no copies of frames", pipeline=self._pipeline)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(RETRY_SECONDS):
                        await stop.wait()
