"""Asking JetStream something to which it answers with many messages."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

import nats.errors
from nats.aio.msg import Msg
from nats.js.api import Header

from framemesh.runtime.jetstream.connection.broker import (
    ANSWER_TIMEOUT_SECONDS,
    Broker,
    BrokerUnavailable,
)
from framemesh.runtime.jetstream.connection.cancellation import preserve_cancellation


async def replies(
    broker: Broker, subject: str, body: dict[str, Any], take: Callable[[Msg], bool]
) -> str:
    """Hand the messages that answer a request to `take`, until it returns False; returns the status
    that ended them, empty when it was `take`.

    Raises:
        BrokerUnavailable: they did not end in time.
    """
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def on_message(message: Msg) -> None:
        status = (message.headers or {}).get(Header.STATUS)
        if not ended.done() and (status or not take(message)):
            ended.set_result(status or "")

    client, inbox = broker.client, broker.client.new_inbox()
    try:
        subscription = await client.subscribe(inbox, cb=on_message)
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
                with preserve_cancellation():
                    await client.publish(subject, json.dumps(body).encode(), inbox)
                return await ended
        finally:
            with contextlib.suppress(nats.errors.Error):  # the connection may be gone
                await subscription.unsubscribe()
    except (nats.errors.Error, TimeoutError) as error:
        raise BrokerUnavailable(f"no answer from {broker.url} ({error})") from error
