"""A consumer without a leader: nobody takes a request, nobody answers a question."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nats.aio.msg import Msg

from framemesh.core.clock import SystemClock
from framemesh.runtime.dataplane.data_plane import PullLimits
from framemesh.runtime.jetstream.api.subjects import consumer_info, consumer_next
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.consume.puller import puller
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.processes.programs import nats_server

NOTHING = {"consumer_seq": 0, "stream_seq": 0}
INFO = json.dumps(
    {
        "name": "all",
        "config": {},
        "delivered": NOTHING,
        "ack_floor": NOTHING,
        "num_pending": 0,
        "num_ack_pending": 0,
    }
).encode()
GRACE_SECONDS = 5.0


@pytest.fixture
async def plain(tmp_path: Path) -> AsyncIterator[Broker]:
    """Where we are the consumer, as no JetStream is."""
    port = free_block(1)
    command = (nats_server(), "--addr", "127.0.0.1", "--port", str(port))
    child = await Child.start(command, name="nats", log=tmp_path / "nats.log")
    try:
        async with broker(f"nats://127.0.0.1:{port}", "test") as connected:
            yield connected
    finally:
        await child.stop(GRACE_SECONDS)


async def test_a_pull_goes_on_soon_after_its_consumer_has_a_leader(plain: Broker) -> None:
    """The question that nobody answered is not waited for while there is one who would."""
    questions = 0
    asked = asyncio.Event()

    async def on_request(message: Msg) -> None:
        asked.set()

    async def on_question(message: Msg) -> None:
        nonlocal questions
        questions += 1
        if questions == 2:
            await plain.client.subscribe(consumer_next("TEST", "all"), cb=on_request)
        if questions > 2:
            await plain.client.publish(message.reply, INFO)

    await plain.client.subscribe(consumer_info("TEST", "all"), cb=on_question)
    async with puller(
        plain,
        "TEST",
        "all",
        limits=PullLimits(messages=8, bytes=1024**2),
        deliver=lambda delivery: None,
        clock=SystemClock(),
    ) as pull:
        pulling = asyncio.ensure_future(pull.run())
        async with asyncio.timeout(4):
            await asked.wait()
        pulling.cancel()
