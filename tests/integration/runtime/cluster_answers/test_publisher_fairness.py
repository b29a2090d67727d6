"""Streams that do not answer, beside one that does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from framemesh.core.frame import Frame, FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.generation import Shard
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.publish.publisher import Publisher
from framemesh.runtime.messages import frame_message, outcome_message
from tests.integration.runtime.cluster_answers.answering import answering
from tests.waiting import eventually

MIB = 1024 * 1024
AT_ONCE_SECONDS = 1.0
"""Far less than what an answer may take, and far more than it takes."""


@asynccontextmanager
async def silent(
    broker: Broker, publish: Publisher, name: str, messages: int, size: int
) -> AsyncIterator[None]:
    """A stream that takes messages and answers nothing, to which as many are on their way as are
    let in."""
    async with answering(broker, f"{name}.>", lambda number: []) as stream:
        storing = [
            asyncio.ensure_future(
                publish.store(OutboundMessage(f"{name}.x", b"x" * size, f"{n}", stream=name))
            )
            for n in range(messages)
        ]
        await eventually(lambda: stream.taken, 5)
        yield
        for task in storing:
            task.cancel()
        await asyncio.gather(*storing, return_exceptions=True)


@pytest.mark.parametrize(("messages", "size"), [(600, 10), (40, MIB)])
async def test_a_silent_stream_holds_up_no_other(
    nats_broker: Broker, publish: Publisher, messages: int, size: int
) -> None:
    async with silent(nats_broker, publish, "quiet", messages, size):
        async with asyncio.timeout(AT_ONCE_SECONDS):
            for number in range(20):
                message = OutboundMessage("test.x", b"x" * 10_000, f"{number}", stream="TEST")
                await publish.store(message)


async def test_many_silent_streams_hold_up_no_other(
    nats_broker: Broker, publish: Publisher
) -> None:
    async with (
        silent(nats_broker, publish, "quiet1", 600, 10),
        silent(nats_broker, publish, "quiet2", 600, 10),
        silent(nats_broker, publish, "quiet3", 600, 10),
        silent(nats_broker, publish, "quiet4", 40, MIB),
        asyncio.timeout(AT_ONCE_SECONDS),
        asyncio.TaskGroup() as tasks,
    ):
        for number in range(20):
            message = OutboundMessage("test.x", b"x" * 10_000, f"{number}", stream="TEST")
            tasks.create_task(publish.store(message))


def test_every_message_of_a_pipeline_names_its_stream() -> None:
    shard = Shard("street", generation=1, stream=2, number=9, high=False)
    frame = Frame(FrameId("north", "s", 1), 0, b"", 0)
    assert frame_message.to_message(shard, frame).stream == "FRAMES-street-1-2"
    outcome = Outcome(
        frame=frame.id,
        pipeline="street",
        fate=Fate.DONE,
        captured_unix_nano=0,
        completed_unix_nano=0,
        completed_by="w",
        reason="",
        detail="",
        attempts=1,
    )
    assert outcome_message.to_message(outcome).stream == "LEDGER-street"
