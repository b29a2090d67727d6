"""Storing a message for as long as it takes."""

import asyncio

import structlog

from framemesh.runtime.backoff import Backoff
from framemesh.runtime.jetstream.broker import BrokerUnavailable
from framemesh.runtime.jetstream.publisher import Outgoing, Publisher, StreamFull

log = structlog.get_logger()

PAUSES = Backoff(first_seconds=0.05, most_seconds=2.0)
"""A full stream has room again within milliseconds, or not for long."""


async def store_until_stored(publisher: Publisher, message: Outgoing) -> None:
    """Store `message`, again and again under the same id while the stream is full or away.

    Blocks for as long as that lasts: this is where backpressure comes from.

    Raises:
        StreamMissing, PublishRefused: trying again would not help.
    """
    failures = 0
    while True:
        try:
            return await publisher.store(message)
        except (StreamFull, BrokerUnavailable) as error:
            log.debug("store again", subject=message.subject, id=message.id, error=str(error))
        failures += 1
        await asyncio.sleep(PAUSES.pause(failures))
