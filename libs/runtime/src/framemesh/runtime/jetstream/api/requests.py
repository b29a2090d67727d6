"""Calling JetStream's API: what changes something is sent once, questions are asked again."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import nats.errors
from nats.aio.msg import Msg

from framemesh.runtime.concurrency.cancellation import preserve_cancellation
from framemesh.runtime.jetstream.api.errors import api_error
from framemesh.runtime.jetstream.api.headers import DESCRIPTION, STATUS
from framemesh.runtime.jetstream.connection.broker import (
    ANSWER_TIMEOUT_SECONDS,
    Broker,
    BrokerUnavailable,
)

T = TypeVar("T")
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ApiRequests:
    """Requests with one timeout.

    Nothing is sent before there is a connection: it would be carried out late, when nobody waits
    for it any more.

    Every method raises BrokerUnavailable when no answer comes in time; what was asked for may then
    be done or not.
    """

    broker: Broker
    timeout_seconds: float = ANSWER_TIMEOUT_SECONDS

    async def change(self, subject: str, body: Body | None = None) -> dict[str, Any]:
        """Send once what changes something, and return the answer.

        Raises:
            ApiError: the answer is an error.
        """
        return await self._json(subject, lambda: self.broker.request(subject, dict(body or {})))

    async def query(self, subject: str, body: Body | None = None) -> dict[str, Any]:
        """Ask what changes nothing: a cluster is asked again every second, see `Broker.query`.

        Raises:
            ApiError: the answer is an error.
        """
        return await self._json(subject, lambda: self.broker.query(subject, dict(body or {})))

    async def store(self, subject: str, payload: bytes, headers: Mapping[str, str]) -> int:
        """Publish a message once, and return its sequence number in the stream.

        Raises:
            NoResponders: no stream takes the subject, or it has no leader.
            ApiError: the answer is an error.
        """

        async def publish() -> dict[str, Any]:
            reply = await self.broker.call(subject, payload, headers)
            answer: dict[str, Any] = json.loads(reply.data)
            return answer

        return int((await self._json(subject, publish))["seq"])

    async def message(self, subject: str, body: Body) -> Msg:
        """Ask for one message, which is the answer, or has a status in its headers."""
        payload = json.dumps(body).encode()
        return await self._in_time(subject, lambda: self.broker.call(subject, payload))

    async def messages(
        self, subject: str, body: Body, take: Callable[[Msg], bool]
    ) -> tuple[str, str]:
        """Hand the messages that answer a request to `take`, until it returns False.

        Returns the status that ended them and its description; both empty when it was `take`.
        """
        return await self._in_time(subject, lambda: self._each(subject, body, take))

    async def _each(self, subject: str, body: Body, take: Callable[[Msg], bool]) -> tuple[str, str]:
        end: asyncio.Future[tuple[str, str]] = asyncio.get_running_loop().create_future()

        async def on_message(message: Msg) -> None:
            headers = message.headers or {}
            if end.done():
                return
            if STATUS in headers:
                end.set_result((headers[STATUS], headers.get(DESCRIPTION, "")))
            elif not take(message):
                end.set_result(("", ""))

        client, inbox = self.broker.client, self.broker.client.new_inbox()
        subscription = await client.subscribe(inbox, cb=on_message)
        try:
            with preserve_cancellation():
                await client.publish(subject, json.dumps(body).encode(), inbox)
            return await end
        finally:
            with contextlib.suppress(nats.errors.Error):  # the connection may be gone first
                await subscription.unsubscribe()

    async def _json(
        self, subject: str, call: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        answer = await self._in_time(subject, call)
        if error := answer.get("error"):
            raise api_error(subject, error)
        return answer

    async def _in_time(self, subject: str, call: Callable[[], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self.timeout_seconds):
                await self.broker.connected.wait()
                return await call()
        except (nats.errors.Error, TimeoutError) as error:
            raise BrokerUnavailable(f"no answer from {self.broker.url} to {subject}") from error
