"""The nats-servers that answer."""

import asyncio
import contextlib
import json
from dataclasses import dataclass

from nats.aio.msg import Msg

from framemesh.runtime.jetstream.api.subjects import SERVERS
from framemesh.runtime.jetstream.connection.broker import Broker

ANSWER_SECONDS = 0.3
"""For all answers, as nobody says how many there will be; they take milliseconds."""

ANSWER_TIMEOUT_SECONDS = 2.0
"""For servers that the client knows of and that did not answer by then: they are busy, or away."""


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a server says of itself."""

    name: str
    tags: frozenset[str]
    """In lower case, as the server writes them."""
    jetstream: bool
    """Whether it has JetStream."""


async def servers(broker: Broker) -> list[ServerInfo]:
    """Every server that answers in time."""
    found: list[ServerInfo] = []
    answered = asyncio.Event()

    async def on_answer(message: Msg) -> None:
        server = json.loads(message.data or b"{}").get("server", {})
        tags = frozenset(server.get("tags") or ())
        found.append(ServerInfo(str(server.get("name", "")), tags, bool(server.get("jetstream"))))
        answered.set()

    known = len(broker.client.servers)
    inbox = broker.client.new_inbox()
    subscription = await broker.client.subscribe(inbox, cb=on_answer)
    try:
        await broker.client.publish(SERVERS, json.dumps({"limit": 1}).encode(), inbox)
        await asyncio.sleep(ANSWER_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS - ANSWER_SECONDS):
                while len(found) < known:
                    answered.clear()
                    await answered.wait()
    finally:
        await subscription.unsubscribe()
    return found
