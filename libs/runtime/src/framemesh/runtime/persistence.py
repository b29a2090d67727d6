"""Storing a message for as long as it takes."""

import asyncio

import structlog

from framemesh.runtime.broker import BrokerUnavailable
from framemesh.runtime.publisher import Outgoing, Publisher, StreamFull

log = structlog.get_logger()

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0


async def store_until_stored(publisher: Publisher, message: Outgoing) -> None:
    """Store `message`, again and again under the same id while the stream is full or away.

    Blocks for as long as that lasts: this is where backpressure comes from.

    Raises:
        StreamMissing, PublishRefused: trying again would not help.
    """
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return await publisher.store(message)
        except (StreamFull, BrokerUnavailable) as error:
            log.debug("store again", subject=message.subject, id=message.id, error=str(error))
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
