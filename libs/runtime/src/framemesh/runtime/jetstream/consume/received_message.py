"""A message received from a JetStream consumer."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from framemesh.core.clock import NANO


@dataclass(frozen=True, slots=True, eq=False)
class ReceivedMessage:
    """Implements `framemesh.runtime.dataplane.received_message.ReceivedMessage`."""

    subject: str
    payload: bytes
    headers: Mapping[str, str]
    attempt: int
    sequence: int
    stored_unix_nano: int
    number: int
    """Sequence number of this delivery in the consumer, from 1."""
    _reply: str
    _client: Client
    pending: int = 0
    """Messages that the consumer had still to deliver after this one."""

    async def in_progress(self) -> None:
        await self._answer(b"+WPI")

    async def ack(self) -> None:
        await self._answer(b"+ACK")

    async def discard(self, reason: str) -> None:
        await self._answer(f"+TERM {reason}".encode())

    async def nak(self, after_seconds: float = 0) -> None:
        delay = json.dumps({"delay": int(after_seconds * NANO)})
        await self._answer(b"-NAK " + delay.encode())

    async def _answer(self, answer: bytes) -> None:
        # An answer that cannot be written is lost, like one written as the connection broke.
        with contextlib.suppress(nats.errors.Error):
            await self._client.publish(self._reply, answer)


def received_message(message: Msg, client: Client) -> ReceivedMessage:
    """The message as its consumer's ack subject describes it."""
    # $JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>, with a
    # domain and an account hash before the stream on some servers.
    tokens = message.reply.split(".")
    if len(tokens) > 9:
        del tokens[2:4]
    return ReceivedMessage(
        subject=message.subject,
        payload=message.data,
        headers=message.headers or {},
        attempt=int(tokens[4]),
        sequence=int(tokens[5]),
        stored_unix_nano=int(tokens[7]),
        number=int(tokens[6]),
        _reply=message.reply,
        _client=client,
        pending=int(tokens[8]),
    )
