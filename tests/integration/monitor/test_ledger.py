"""The ledger that the monitor keeps."""

from pathlib import Path

import grpc
import grpc.aio
import pytest

from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.core.outcome import Fate
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.publish.publisher import publisher
from framemesh.runtime.messages.subjects import frames_subject
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from tests.integration.monitor.conftest import Writer, ledgers, status
from tests.integration.services.running import (
    monitor,
    remove_pipeline,
    stand_pipeline,
    status_of,
)
from tests.waiting import eventually

MIXED = {
    "north": {
        "offered": 110,
        "accepted": 100,
        "rejected": 10,
        "done": 60,
        "expired": 10,
        "superseded": 10,
        "dead": 5,
        "pending": 15,
    },
    "south": {"offered": 3, "accepted": 3, "done": 3},
}


async def write_mixed(writer: Writer) -> None:
    """100 accepted, in ranges that overlap and come late; every fate; duplicates."""
    await writer.accept("north", (1, 40), (51, 60))
    await writer.accept("north", (30, 55))
    await writer.complete("north", range(1, 61))
    await writer.accept("north", (56, 100))
    await writer.complete("north", range(61, 71), Fate.EXPIRED, "too_old")
    await writer.complete("north", range(71, 81), Fate.SUPERSEDED, "newer")
    await writer.complete("north", range(81, 86), Fate.DEAD, "undecodable")
    await writer.complete("north", range(101, 111), Fate.REJECTED, "empty")
    # Again: their places are taken.
    await writer.complete("north", range(1, 11))
    # An outcome proves the acceptance that is not on record.
    await writer.complete("south", range(1, 4))


async def test_the_ledger_is_exact(channel: grpc.aio.Channel, writer: Writer) -> None:
    await write_mixed(writer)
    assert await ledgers(channel) == MIXED
    found = await status(channel)
    assert found.duplicate_outcomes == 0
    (north, south) = found.cameras
    assert north.reasons == {"too_old": 10, "newer": 10, "undecodable": 5, "empty": 10}
    assert not south.reasons
    assert found.accepted_per_second >= 0
    # Done after 1 to 60 ms on north, 1 to 3 ms on south.
    assert (found.age.p50_ms, found.age.p95_ms, found.age.p99_ms) == (29, 57, 60)


async def test_second_outcomes_are_counted_and_change_nothing_else(
    channel: grpc.aio.Channel, writer: Writer
) -> None:
    await write_mixed(writer)
    for sequence in range(1, 8):
        await writer.complete_again("north", sequence)
    assert await ledgers(channel) == MIXED
    assert (await status(channel)).duplicate_outcomes == 7


async def test_a_monitor_that_starts_anew_has_the_same_ledger_with_its_first_answer(
    channel: grpc.aio.Channel, writer: Writer, nats_url: str
) -> None:
    await write_mixed(writer)
    for first in range(1000, 4000, 1000):
        await writer.complete("west", range(first, first + 1000))
    before = await status(channel)
    async with monitor(nats_url) as second:
        after = await status(second)
    assert list(after.cameras) == list(before.cameras)
    assert after.age == before.age


async def test_what_cannot_be_read_does_not_stop_the_ledger(
    channel: grpc.aio.Channel, writer: Writer
) -> None:
    await writer.garbage()
    await write_mixed(writer)
    assert await ledgers(channel) == MIXED


async def test_the_backlog_is_what_the_buffer_holds(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    shards = Generation.of(1, pipeline).all_shards("street")
    async with publisher(nats_broker) as publish:
        for number in range(5):
            subject = frames_subject(shards[number % 2], "north")
            await publish.store(OutboundMessage(subject, b"x", f"{number}"))
    found = await status(channel)
    assert found.backlog == 5
    assert found.backlog_bytes > 5


async def test_a_pipeline_that_is_made_anew_begins_with_an_empty_ledger(
    channel: grpc.aio.Channel, writer: Writer, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    for _ in range(3):
        await write_mixed(writer)
        assert await ledgers(channel) == MIXED
        await remove_pipeline(nats_broker, pipeline)
        await stand_pipeline(nats_broker)
        assert await ledgers(channel) == {}
        await writer.complete("east", range(1, 3))
        # At least one message fewer than the ledger before had.
        assert await ledgers(channel) == {"east": {"offered": 2, "accepted": 2, "done": 2}}
        await remove_pipeline(nats_broker, pipeline)
        await stand_pipeline(nats_broker)


async def test_a_ledger_whose_entries_grew_too_old_is_not_waited_for(
    channel: grpc.aio.Channel, writer: Writer, nats_broker: Broker
) -> None:
    await write_mixed(writer)
    assert await ledgers(channel) == MIXED
    await nats_broker.request("$JS.API.STREAM.PURGE.LEDGER-street", {})
    assert await ledgers(channel) == MIXED
    assert (await status(channel)).unread_entries == 0


async def test_an_unknown_pipeline_is_told(channel: grpc.aio.Channel) -> None:
    code, line = await status_of(status(channel, "yard"))
    assert code is grpc.StatusCode.NOT_FOUND
    assert line == "no pipeline is named 'yard': apply it first, or check the name"
    assert (await status_of(status(channel, "a.b")))[0] is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("count", [0, 1])
async def test_all_pipelines_are_shown_without_a_name(
    nats_broker: Broker, nats_url: str, count: int
) -> None:
    spec = await stand_pipeline(nats_broker)
    if count == 0:
        await remove_pipeline(nats_broker, spec)
    async with monitor(nats_url) as channel:
        stub = monitor_pb2_grpc.MonitorServiceStub(channel)
        found = (await stub.GetStatus(monitor_pb2.GetStatusRequest())).pipelines
        assert [each.pipeline for each in found] == ["street"] * count


async def test_the_ledger_goes_on_when_the_broker_is_killed(
    nats: NatsServer, tmp_path: Path
) -> None:
    log = tmp_path / "nats.log"
    async with running_nats_server(nats, log) as server, broker(nats.url, "test") as connected:
        await stand_pipeline(connected)
        async with monitor(nats.url) as channel, publisher(connected) as publish:
            writer = Writer(publish)
            await writer.complete("north", range(1, 101))
            assert (await ledgers(channel))["north"]["done"] == 100
            server.kill()
            await server.wait()
            async with running_nats_server(nats, log):
                await writer.complete("north", range(90, 201))

                async def is_complete() -> bool:
                    code, _ = await status_of(status(channel))
                    return code is grpc.StatusCode.OK

                await eventually(is_complete)
                assert await ledgers(channel) == {
                    "north": {"offered": 200, "accepted": 200, "done": 200}
                }
                await connected.close()
