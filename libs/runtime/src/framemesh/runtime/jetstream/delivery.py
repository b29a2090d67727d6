"""A message that a stream delivered, and what one can answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """One delivery of one message. It is delivered again unless it is acked in time."""

    subject: str
    payload: bytes
    headers: Mapping[str, str]
    attempt: int
    """1 for the first delivery."""
    sequence: int
    """Of the message in its stream."""
    stored_unix_nano: int
    """When the stream took it."""
    _reply: str
    _client: Client

    async def in_progress(self) -> None:
        """Say that it is being worked on: the wait for its ack begins anew."""
        await self._client.publish(self._reply, b"+WPI")

    async def ack(self) -> None:
        """Say that it is done with, for good."""
        await self._client.publish(self._reply, b"+ACK")

    async def discard(self, reason: str) -> None:
        """Say that nobody can ever make anything of it."""
        await self._client.publish(self._reply, f"+TERM {reason}".encode())

    async def give_back(self, after_seconds: float = 0) -> None:
        """Say that somebody else may have it, after a pause."""
        delay = json.dumps({"delay": int(after_seconds * 1_000_000_000)})
        await self._client.publish(self._reply, b"-NAK " + delay.encode())


def delivery(message: Msg, client: Client) -> Delivery:
    """The delivery that a message of a consumer is."""
    # $JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>, with a
    # domain and an account hash before the stream on some servers.
    tokens = message.reply.split(".")
    if len(tokens) > 9:
        del tokens[2:4]
    return Delivery(
        subject=message.subject,
        payload=message.data,
        headers=message.headers or {},
        attempt=int(tokens[4]),
        sequence=int(tokens[5]),
        stored_unix_nano=int(tokens[7]),
        _reply=message.reply,
        _client=client,
    )
