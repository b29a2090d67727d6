"""The next message of a subject, as it is published.

A publish to JetStream is an ordinary message, so whoever subscribes to its subject gets it too. The
subscription ends by itself after one message: however many there are, the broker sends those alone
that were asked for.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats.errors
from nats.aio.msg import Msg

from framemesh.runtime.concurrency.cancellation import preserve_cancellation
from framemesh.runtime.jetstream.connection.broker import Broker


@asynccontextmanager
async def next_message(broker: Broker, subject: str) -> AsyncIterator[asyncio.Future[Msg]]:
    """What comes next, from the beginning of the context on.

    Raises:
        nats.errors.Error: the connection was lost.
    """
    await broker.connected.wait()
    client = broker.client
    found: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()
    with preserve_cancellation():
        subscription = await client.subscribe(subject, future=found)
    try:
        with preserve_cancellation():
            await subscription.unsubscribe(limit=1)
        yield found
    finally:
        if not found.done() or found.cancelled():
            with contextlib.suppress(nats.errors.Error):
                await subscription.unsubscribe()
        client.forget(subscription)
