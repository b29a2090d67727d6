"""Publishing to JetStream with our own window, acknowledgements and timeouts.

nats-py's `publish_async` never resolves for an error answer and has no timeout, so each message
carries a reply subject of ours, and one subscription takes all answers.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import nats.errors
from nats.aio.msg import Msg
from nats.js.api import Header

from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.jetstream.broker import ANSWER_SECONDS, Broker, BrokerUnavailable
from framemesh.runtime.window import Window

WINDOW_MESSAGES = 256
WINDOW_BYTES = 16 * 1024 * 1024

STREAM_FULL = {10077, 10047, 10023}
"""Error codes: maximum bytes exceeded, insufficient storage, insufficient resources."""

BUSY = {429, 500, 503}
"""Codes: too many requests, an error of the server's own, temporarily unavailable."""

NO_RESPONDERS = "503"


class StreamFull(FramemeshError):
    """The stream has no room for the message; it is not stored."""

    code = Code.EXHAUSTED


class StreamMissing(FramemeshError):
    """No stream takes the subject."""

    code = Code.NOT_FOUND


class PublishRefused(FramemeshError):
    """The broker refused the message for another reason."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message for a stream. Publishing it again with the same id stores it once."""

    subject: str
    id: str
    payload: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Publisher:
    """Stores messages, many at once, within a window of count and bytes."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._window = Window(WINDOW_MESSAGES, WINDOW_BYTES)
        self.inbox = broker.client.new_inbox()
        self._tokens = count()
        self._answers: dict[str, asyncio.Future[None]] = {}

    async def store(self, message: Outgoing) -> None:
        """Publish once, and return when the stream has it.

        Raises:
            StreamFull, StreamMissing, PublishRefused: the broker said so.
            BrokerUnavailable: no answer in time; it may be stored or not.
        """
        async with self._window.held(len(message.payload)):
            await self._attempt(message)

    async def _attempt(self, message: Outgoing) -> None:
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        reply = f"{self.inbox}.{next(self._tokens)}"
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._broker.connected.wait()
                self._answers[reply] = answer
                await self._broker.client.publish(
                    message.subject,
                    message.payload,
                    reply,
                    {Header.MSG_ID: message.id, **message.headers},
                )
                await answer
        except TimeoutError as error:
            raise BrokerUnavailable(f"{self._broker.url} did not answer in time") from error
        except nats.errors.MaxPayloadError as error:
            raise PublishRefused(f"{len(message.payload)} bytes are over max_payload") from error
        except nats.errors.Error as error:
            raise BrokerUnavailable(f"{self._broker.url}: {error}") from error
        finally:
            self._answers.pop(reply, None)

    async def on_answer(self, message: Msg) -> None:
        answer = self._answers.get(message.subject)
        if answer is None or answer.done():
            return
        if fault := _fault(message):
            answer.set_exception(fault)
        else:
            answer.set_result(None)

    def give_up_answers(self) -> None:
        """The connection was made anew: what the last one owed will not come."""
        lost = BrokerUnavailable(f"the connection to {self._broker.url} broke")
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(lost)


def _fault(message: Msg) -> FramemeshError | None:
    if (message.headers or {}).get(Header.STATUS) == NO_RESPONDERS:
        return StreamMissing("no stream takes this subject")
    # Nearly every answer is this; parsing a PubAck of JSON costs more than the rest together.
    if message.data.startswith(b'{"stream"'):
        return None
    error = json.loads(message.data).get("error")
    if error is None:
        return None
    description = error.get("description", "refused")
    if error.get("err_code") in STREAM_FULL:
        return StreamFull(description)
    if error.get("code") in BUSY:
        return BrokerUnavailable(description)
    return PublishRefused(description)


@asynccontextmanager
async def publisher(broker: Broker) -> AsyncIterator[Publisher]:
    """A publisher that gets its answers for as long as the context lasts."""
    found = Publisher(broker)
    subscription = await broker.client.subscribe(f"{found.inbox}.*", cb=found.on_answer)
    broker.listeners.add(found.give_up_answers)
    try:
        yield found
    finally:
        broker.listeners.remove(found.give_up_answers)
        with contextlib.suppress(nats.errors.Error):  # the connection may be gone first
            await subscription.unsubscribe()
