"""Which nats-servers the streams of a pipeline without replicas can be spread over.

JetStream puts a new stream where most storage is free, by figures that are some seconds old: all
streams of a pipeline, made one after the other, would go to one server.
"""

import asyncio
import json

from nats.aio.msg import Msg

from framemesh.runtime.jetstream.connection.broker import Broker

SERVERS = "$SYS.REQ.ACCOUNT.PING.CONNZ"
"""Asks every server for our connections to it, which is the one question that each of them answers
to everybody; what it says of itself comes with it."""

ANSWER_TIMEOUT_SECONDS = 0.3
"""For all answers, as nobody says how many there will be; they take milliseconds."""


async def server_tags(broker: Broker) -> list[str]:
    """The tags by which a stream can be put on one server, sorted: each is a server's own name, as
    deploy/nats/nats.conf gives it. None of servers that have no such tag, or are away."""
    found: set[str] = set()

    async def on_answer(message: Msg) -> None:
        server = json.loads(message.data or b"{}").get("server", {})
        # The server writes tags in small letters.
        name = str(server.get("name", "")).lower()
        if server.get("jetstream") and name in server.get("tags", []):
            found.add(name)

    inbox = broker.client.new_inbox()
    subscription = await broker.client.subscribe(inbox, cb=on_answer)
    try:
        await broker.client.publish(SERVERS, json.dumps({"limit": 1}).encode(), inbox)
        await asyncio.sleep(ANSWER_TIMEOUT_SECONDS)
    finally:
        await subscription.unsubscribe()
    return sorted(found)
