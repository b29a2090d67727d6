"""Watching results."""

import asyncio
from pathlib import Path

import grpc
import grpc.aio

import framemesh.monitor.app
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.monitor.settings import Settings
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.publish.publisher import publisher
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import channel as channel_to
from framemesh.runtime.rpc.server import DRAIN_TIMEOUT_SECONDS
from tests.integration.monitor.conftest import Watch, Writer, watching
from tests.integration.services.running import (
    monitor,
    remove_pipeline,
    serving,
    stand_pipeline,
    status_of,
)


async def test_from_the_start_all_outcomes_come_in_order(
    channel: grpc.aio.Channel, writer: Writer
) -> None:
    await writer.accept("north", (1, 30))
    for sequence in range(1, 21):
        await writer.complete("north", [sequence])
    async with watching(channel, from_start=True) as watch:
        assert await watch.take(20) == [("north", n) for n in range(1, 21)]
        await writer.complete("north", [21])
        assert await watch.take(1) == [("north", 21)]


async def test_from_now_on_the_next_outcome_is_the_first(
    channel: grpc.aio.Channel, writer: Writer
) -> None:
    await writer.complete("north", range(1, 21))
    async with watching(channel) as watch:
        await writer.complete("north", [21])
        assert await watch.take(1) == [("north", 21)]


async def test_only_the_cameras_that_are_asked_for_come(
    channel: grpc.aio.Channel, writer: Writer
) -> None:
    for sequence in range(1, 5):
        for camera in ("north", "south", "west"):
            await writer.complete(camera, [sequence])
    async with watching(channel, "north", "west", "north", from_start=True) as watch:
        found = await watch.take(8)
    assert found == [(camera, n) for n in range(1, 5) for camera in ("north", "west")]


async def test_a_slow_reader_loses_nothing(channel: grpc.aio.Channel, writer: Writer) -> None:
    async with watching(channel) as watch:
        first: list[tuple[str, int]] = []
        for start in range(1, 2001, 250):
            await writer.complete("north", range(start, start + 250))
            # It reads little while much is written.
            first += await watch.take(10)
        rest = await watch.take(2000 - len(first))
    assert sorted(first + rest) == [("north", n) for n in range(1, 2001)]


async def test_many_watch_at_once(channel: grpc.aio.Channel, writer: Writer) -> None:
    async def watch_all(number: int) -> list[tuple[str, int]]:
        camera = ("north", "south")[number % 2]
        async with watching(channel, camera, from_start=True) as watch:
            ready.release()
            return sorted(await watch.take(50))

    ready = asyncio.Semaphore(0)
    async with asyncio.TaskGroup() as tasks:
        watchers = [tasks.create_task(watch_all(number)) for number in range(40)]
        for _ in watchers:
            await ready.acquire()
        await writer.complete("north", range(1, 51))
        await writer.complete("south", range(1, 51))
    for number, watcher in enumerate(watchers):
        camera = ("north", "south")[number % 2]
        assert watcher.result() == [(camera, n) for n in range(1, 51)]


async def test_an_unknown_pipeline_is_told(channel: grpc.aio.Channel) -> None:
    stub = monitor_pb2_grpc.MonitorServiceStub(channel)
    call = stub.WatchResults(monitor_pb2.WatchResultsRequest(pipeline="yard"))
    code, line = await status_of(call.read())
    assert code is grpc.StatusCode.NOT_FOUND
    assert line.startswith("no pipeline is named 'yard'")


async def test_a_pipeline_that_is_deleted_ends_the_watch(
    channel: grpc.aio.Channel, writer: Writer, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    async with watching(channel) as watch:
        await writer.complete("north", [1])
        assert await watch.take(1) == [("north", 1)]
        await remove_pipeline(nats_broker, pipeline)
        await stand_pipeline(nats_broker)
        # Not the outcomes of another pipeline that has its name.
        await writer.complete("north", range(1, 5))
        code, _ = await status_of(watch.take(1))
    assert code is grpc.StatusCode.NOT_FOUND


async def test_what_cannot_be_read_is_left_out(channel: grpc.aio.Channel, writer: Writer) -> None:
    await writer.garbage()
    await writer.complete("north", [1])
    async with watching(channel, from_start=True) as watch:
        assert await watch.take(1) == [("north", 1)]


async def test_nothing_comes_twice_when_the_broker_is_killed_while_the_reader_waits(
    nats: NatsServer, tmp_path: Path
) -> None:
    log = tmp_path / "nats.log"
    async with running_nats_server(nats, log) as server, broker(nats.url, "test") as connected:
        await stand_pipeline(connected)
        async with (
            monitor(nats.url) as channel,
            publisher(connected) as publish,
            watching(channel) as watch,
        ):
            writer = Writer(publish)
            await writer.complete("north", range(1, 151))
            found = await watch.take(5)
            server.kill()
            await server.wait()
            async with running_nats_server(nats, log):
                await writer.complete("north", range(151, 301))
                found += await watch.take(295)
                assert sorted(found) == [("north", n) for n in range(1, 301)]
                await connected.close()


async def test_a_monitor_that_goes_ends_its_watches_at_once(
    nats_url: str, pipeline: PipelineSpec
) -> None:
    listen = f"127.0.0.1:{free_block(1)}"
    settings = Settings(nats=nats_url, listen=listen, http="127.0.0.1:0")
    async with (
        asyncio.timeout(DRAIN_TIMEOUT_SECONDS / 2),
        channel_to(settings.listen) as channel,
        serving(framemesh.monitor.app.run, settings, settings.listen) as stop,
    ):
        request = monitor_pb2.WatchResultsRequest(pipeline="street")
        watch = Watch(monitor_pb2_grpc.MonitorServiceStub(channel).WatchResults(request))
        await watch.call.initial_metadata()
        stop.set()
        ended = await status_of(watch.take(1))
    assert ended == (grpc.StatusCode.UNAVAILABLE, "the server is shutting down: call again")


async def test_a_watcher_resumes_at_another_monitor_where_it_was(
    channel: grpc.aio.Channel, writer: Writer, nats_url: str
) -> None:
    async with watching(channel) as watch:
        for sequence in range(1, 11):
            await writer.complete("north", [sequence])
        found = await watch.take(4)
    await writer.complete("north", [11])
    async with (
        monitor(nats_url) as successor,
        watching(successor, resume_token=watch.resume_token) as resumed,
    ):
        found += await resumed.take(7)
        await writer.complete("north", [12])
        found += await resumed.take(1)
    assert found == [("north", n) for n in range(1, 13)]


async def test_a_watcher_resumes_also_before_its_first_result(
    channel: grpc.aio.Channel, writer: Writer
) -> None:
    await writer.complete("north", [1])
    async with watching(channel) as watch:
        pass
    await writer.complete("north", [2])
    async with watching(channel, resume_token=watch.resume_token) as resumed:
        assert await resumed.take(1) == [("north", 2)]


async def test_a_resume_token_of_a_deleted_pipeline_is_refused(
    channel: grpc.aio.Channel, writer: Writer, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    async with watching(channel) as watch:
        await writer.complete("north", [1])
        await watch.take(1)
    await remove_pipeline(nats_broker, pipeline)
    await stand_pipeline(nats_broker)
    stub = monitor_pb2_grpc.MonitorServiceStub(channel)
    for token, expected in (
        (watch.resume_token, grpc.StatusCode.FAILED_PRECONDITION),
        ("7", grpc.StatusCode.INVALID_ARGUMENT),
    ):
        request = monitor_pb2.WatchResultsRequest(pipeline="street", resume_token=token)
        code, line = await status_of(stub.WatchResults(request).read())
        assert (code, "resume_token" in line) == (expected, True)
