"""Reading the last message of many subjects of a stream with one question.

nats-py has no such call; one question a subject would cost as many round trips.
"""

import asyncio
import contextlib
import json

import nats.errors
from nats.aio.msg import Msg
from nats.js.api import Header

from framemesh.runtime.jetstream.api.error_codes import STATUS_END_OF_BATCH, STATUS_NOT_FOUND
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.connection.cancellation import preserve_cancellation

MAX_SUBJECTS = 1024
"""That nats-server returns at once; it refuses to return some of more."""


async def last_messages(broker: Broker, stream: str, subjects: str, seconds: float) -> list[Msg]:
    """The last message of each of the `subjects`, which have a wildcard.

    Any replica of the stream answers, so they may be a little behind.

    Raises:
        BrokerUnavailable: no whole answer within `seconds`, or there are over MAX_SUBJECTS.
    """
    batch = _Batch()
    inbox = broker.client.new_inbox()
    request = json.dumps({"multi_last": [subjects], "batch": MAX_SUBJECTS}).encode()
    try:
        async with asyncio.timeout(seconds):
            await broker.connected.wait()
            subscription = await broker.client.subscribe(inbox, cb=batch.on_message)
            try:
                with preserve_cancellation():
                    await broker.client.publish(f"$JS.API.DIRECT.GET.{stream}", request, inbox)
                status, why = await batch.end
            finally:
                with contextlib.suppress(nats.errors.Error):  # the connection may be gone first
                    await subscription.unsubscribe()
    except (nats.errors.Error, TimeoutError) as error:
        raise BrokerUnavailable(f"no answer from {broker.url} about {subjects}") from error
    if status not in {STATUS_END_OF_BATCH, STATUS_NOT_FOUND}:
        raise BrokerUnavailable(f"{subjects}: {status} {why}")
    return batch.messages


class _Batch:
    """What comes, up to the status that ends it."""

    def __init__(self) -> None:
        self.messages: list[Msg] = []
        self.end: asyncio.Future[tuple[str, str]] = asyncio.get_running_loop().create_future()

    async def on_message(self, message: Msg) -> None:
        headers = message.headers or {}
        if Header.STATUS not in headers:
            self.messages.append(message)
        elif not self.end.done():
            self.end.set_result((headers[Header.STATUS], headers.get(Header.DESCRIPTION, "")))
