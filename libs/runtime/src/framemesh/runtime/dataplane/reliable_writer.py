"""Storing a message for as long as it takes."""

import asyncio

from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.dataplane.errors import StreamFull, StreamUnavailable
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.plane import Sink
from framemesh.runtime.logs import get_logger

log = get_logger()

PAUSES = Backoff(first_seconds=0.05, max_seconds=2.0)
"""A full stream has room again within milliseconds, or not for long."""


async def store_with_retries(sink: Sink, message: OutboundMessage) -> None:
    """Store `message`, again and again while the stream is full or away.

    Blocks for as long as that lasts: this is where backpressure comes from.

    Raises:
        StreamMissing, AlreadyStored, PublishRefused, NotPermitted: trying again would not help.
    """
    failures = 0
    while True:
        try:
            return await sink.store(message)
        except (StreamFull, StreamUnavailable) as error:
            log.debug("store again", subject=message.subject, error=str(error))
        failures += 1
        await asyncio.sleep(PAUSES.pause(failures))
