"""The ledger outlives the monitor, and what the stream keeps."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc.aio
import pytest
from structlog.testing import capture_logs

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.monitor.ledger.ledger_projection import LEDGER
from framemesh.monitor.projection.checkpoint_message import (
    Checkpoint,
    checkpoint_from_payload,
    checkpoint_to_payload,
)
from framemesh.monitor.projection.checkpoint_store import CheckpointStore, CheckpointTooLarge
from framemesh.monitor.projection.checkpointer import Checkpointer
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader
from framemesh.runtime.messages.subjects import ledger_stream
from framemesh.runtime.rpc.channel import channel as channel_to
from tests.integration.monitor.conftest import Writer, ledgers, status
from tests.integration.monitor.test_ledger import MIXED, write_mixed
from tests.integration.services.conftest import process
from tests.integration.services.running import monitor, remove_pipeline, stand_pipeline
from tests.waiting import eventually

KEY = "street.ledger"


async def purge(broker: Broker, up_to: int) -> None:
    """The stream drops its entries up to that one, as when they grew too old."""
    await broker.request("$JS.API.STREAM.PURGE.LEDGER-street", {"seq": up_to + 1})


async def last_entry(broker: Broker) -> int:
    return await OrderedReader(broker, "LEDGER-street", SystemClock()).last_sequence()


async def saved_up_to(broker: Broker) -> int:
    """The entry that the checkpoint is of; 0 when there is none."""
    stored = await CheckpointStore(broker).load(KEY)
    return checkpoint_from_payload(stored.payload).sequence if stored.payload else 0


async def until_saved(broker: Broker, sequence: int) -> None:
    async def is_saved() -> bool:
        return await saved_up_to(broker) >= sequence

    await eventually(is_saved)


async def test_a_monitor_that_is_told_to_stop_leaves_all_to_the_next(
    nats_url: str, nats_broker: Broker, writer: Writer
) -> None:
    async with monitor(nats_url) as first:
        await write_mixed(writer)
        before = await status(first)
    await purge(nats_broker, await last_entry(nats_broker))
    async with monitor(nats_url) as second:
        after = await status(second)
        assert await ledgers(second) == MIXED
        assert (after.age, after.unread_entries) == (before.age, 0)
        await writer.complete("north", range(86, 101))
        assert (await ledgers(second))["north"].get("pending") is None


async def test_a_ledger_that_changes_is_saved_within_seconds(
    channel: grpc.aio.Channel, nats_broker: Broker, writer: Writer
) -> None:
    await writer.complete("north", range(1, 11))
    await until_saved(nats_broker, 10)
    await writer.complete("north", range(11, 21))
    await until_saved(nats_broker, 20)


async def test_kills_at_any_time_and_a_stream_that_forgets_cost_nothing(
    nats_url: str, nats_broker: Broker, writer: Writer
) -> None:
    chance = random.Random(7)  # noqa: S311  no secret
    async with writing(writer) as written:
        for _ in range(3):
            async with process("monitor", nats_url) as running:
                await running.serves()
                await until_saved(nats_broker, await saved_up_to(nats_broker) + 1)
                await asyncio.sleep(chance.uniform(0, 1))
                running.process.kill()
                await running.process.wait()
            await purge(nats_broker, await saved_up_to(nats_broker))
    async with process("monitor", nats_url) as running:
        await running.serves()
        async with channel_to(running.address) as channel:
            found = await ledgers(channel)
            assert (await status(channel)).unread_entries == 0
    assert found == {
        "north": {"offered": written[-1], "accepted": written[-1], "done": written[-1]}
    }


@asynccontextmanager
async def writing(writer: Writer) -> AsyncIterator[list[int]]:
    """Frames are accepted and done for as long as the context lasts, and that many at its end."""
    written = [0]
    over = asyncio.Event()

    async def write() -> None:
        while not over.is_set():
            first = written[-1] + 1
            await writer.accept("north", (first, first + 9))
            await writer.complete("north", range(first, first + 10))
            written.append(first + 9)
            await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(write())
        try:
            yield written
        finally:
            over.set()


async def test_entries_that_were_dropped_unread_are_counted(
    nats_url: str, nats_broker: Broker, writer: Writer
) -> None:
    async with monitor(nats_url):
        await writer.complete("north", range(1, 11))
        await until_saved(nats_broker, 10)
    await writer.complete("north", range(11, 31))
    await purge(nats_broker, 25)
    async with monitor(nats_url) as second:
        found = await status(second)
        assert (found.unread_entries, found.cameras[0].done) == (15, 15)
        await purge(nats_broker, 30)
        assert (await status(second)).unread_entries == 15
    await writer.complete("north", range(31, 35))
    await purge(nats_broker, 34)
    async with monitor(nats_url) as third:
        # The stream is empty: nothing will come that tells.
        assert (await status(third)).unread_entries == 19
        await writer.complete("north", [35])
        found = await status(third)
        assert (found.unread_entries, found.cameras[0].done) == (19, 16)


async def test_a_checkpoint_of_another_stream_is_ignored_and_removed(
    nats_url: str, nats_broker: Broker, pipeline: PipelineSpec, writer: Writer
) -> None:
    async with monitor(nats_url):
        await write_mixed(writer)
        await until_saved(nats_broker, 1)
    await remove_pipeline(nats_broker, pipeline)
    await stand_pipeline(nats_broker)
    async with monitor(nats_url) as second:
        assert await ledgers(second) == {}
        assert (await CheckpointStore(nats_broker).load(KEY)).payload == b""
        await writer.complete("east", [1])
        assert await ledgers(second) == {"east": {"offered": 1, "accepted": 1, "done": 1}}


async def test_a_pipeline_that_is_deleted_takes_its_checkpoint_with_it(
    nats_url: str, nats_broker: Broker, pipeline: PipelineSpec, writer: Writer
) -> None:
    async def is_gone() -> bool:
        return not await CheckpointStore(nats_broker).keys()

    async with monitor(nats_url):
        await writer.complete("north", [1])
        await until_saved(nats_broker, 1)
        await remove_pipeline(nats_broker, pipeline)
        await eventually(is_gone)
        await stand_pipeline(nats_broker)
        await writer.complete("north", [1])
        await until_saved(nats_broker, 1)
    await remove_pipeline(nats_broker, pipeline)
    async with monitor(nats_url):
        await eventually(is_gone)


async def test_a_damaged_checkpoint_is_told_and_ignored(
    nats_url: str, nats_broker: Broker, writer: Writer
) -> None:
    await writer.complete("north", range(1, 11))
    await CheckpointStore(nats_broker).create()
    await CheckpointStore(nats_broker).save(KEY, b"damaged", 0)
    with capture_logs() as logs:
        async with monitor(nats_url) as channel:
            assert (await ledgers(channel))["north"]["done"] == 10
    assert [log["log_level"] for log in logs if log["event"] == "checkpoint is ignored"] == [
        "error"
    ]
    assert await saved_up_to(nats_broker) == 10


async def test_a_broker_that_lost_its_last_entries_is_believed(
    nats_url: str, nats_broker: Broker, writer: Writer
) -> None:
    await writer.complete("north", range(1, 11))
    reader = OrderedReader(nats_broker, ledger_stream("street"), SystemClock())
    await reader.last_sequence()
    ahead = Checkpoint(reader.created, 1000, 0, LEDGER.empty().capture()())
    await CheckpointStore(nats_broker).create()
    await CheckpointStore(nats_broker).save(KEY, checkpoint_to_payload(ahead), 0)
    async with monitor(nats_url) as channel:
        # What is written before the checkpoint is read would count as what it has.
        assert not (await status(channel)).cameras
        await writer.complete("north", range(11, 16))
        found = await status(channel)
        assert (found.cameras[0].done, found.unread_entries) == (5, 0)


async def test_of_two_monitors_the_one_that_is_behind_does_not_write_over_the_other(
    nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    reader, applying = OrderedReader(nats_broker, "LEDGER-street", SystemClock()), asyncio.Lock()
    checkpoints = CheckpointStore(nats_broker)
    await checkpoints.create()
    checkpointers = [Checkpointer(checkpoints, "street", LEDGER, SystemClock()) for _ in range(2)]
    progress = [await checkpointer.load(reader) for checkpointer in checkpointers]
    for at, sequence, saved in (
        (0, 5, 5),
        # The first try shows that somebody else wrote, the second replaces it.
        (1, 9, 5),
        (1, 9, 9),
        (0, 6, 9),
        (0, 7, 9),
        (0, 12, 9),
        (0, 12, 12),
    ):
        progress[at].sequence = sequence
        await checkpointers[at].save(reader.created, progress[at], applying)
        assert await saved_up_to(nats_broker) == saved


async def test_a_checkpoint_that_no_message_can_carry_is_refused(nats_broker: Broker) -> None:
    await CheckpointStore(nats_broker).create()
    largest = bytes(nats_broker.max_frame_bytes)
    assert await CheckpointStore(nats_broker).save(KEY, largest, 0)
    assert (await CheckpointStore(nats_broker).load(KEY)).payload == largest
    with pytest.raises(CheckpointTooLarge):
        await CheckpointStore(nats_broker).save(KEY, largest + b"x", 1)
