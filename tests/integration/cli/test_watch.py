"""`framemesh watch` while its monitor comes and goes."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.publish.publisher import publisher
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.health import grpc_serving
from tests.integration.monitor.conftest import Writer
from tests.integration.services.running import remove_pipeline, stand_pipeline
from tests.waiting import eventually


@pytest.fixture
async def pipeline(nats_broker: Broker) -> PipelineSpec:
    return await stand_pipeline(nats_broker)


@asynccontextmanager
async def process(*arguments: str, **environment: str) -> AsyncIterator[Process]:
    """A Python of its own, which is killed at the end if it still runs."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env={**os.environ, **environment}, stdout=PIPE, stderr=PIPE
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


@asynccontextmanager
async def real_monitor(nats_url: str, address: str) -> AsyncIterator[Process]:
    settings = {
        "FRAMEMESH_NATS": nats_url,
        "FRAMEMESH_MONITOR_LISTEN": address,
        "FRAMEMESH_MONITOR_HTTP": "127.0.0.1:0",
    }
    async with process("-m", "framemesh.monitor", **settings) as started:
        await eventually(lambda: grpc_serving(address))
        yield started


async def sequences(watch: Process, count: int) -> list[int]:
    assert watch.stdout is not None
    async with asyncio.timeout(30):
        return [json.loads(await watch.stdout.readline())["sequence"] for _ in range(count)]


async def errors(watch: Process) -> str:
    assert watch.stderr is not None
    async with asyncio.timeout(30):
        return (await watch.stderr.readline()).decode()


async def test_a_monitor_that_is_killed_is_said_and_nothing_is_missed_or_repeated(
    nats_url: str, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    command = ("-m", "framemesh.cli", "watch", "street", "--json", "--from-start")
    async with publisher(nats_broker) as publish, AsyncExitStack() as processes:
        writer = Writer(publish)
        for sequence in range(1, 6):
            await writer.complete("north", [sequence])
        monitor = await processes.enter_async_context(real_monitor(nats_url, address))
        watch = await processes.enter_async_context(process(*command, FRAMEMESH_MONITOR=address))
        seen = await sequences(watch, 5)
        for last in (10, 15):
            monitor.kill()
            await monitor.wait()
            assert f"the monitor at {address} is gone (" in await errors(watch)
            for sequence in range(last - 4, last):
                await writer.complete("north", [sequence])
            monitor = await processes.enter_async_context(real_monitor(nats_url, address))
            assert await errors(watch) == f"the monitor at {address} is there again\n"
            await writer.complete("north", [last])
            seen += await sequences(watch, 5)
        assert seen == list(range(1, 16))
        watch.send_signal(signal.SIGINT)
        await watch.wait()
        assert watch.returncode == 130


async def test_a_pipeline_that_is_made_anew_meanwhile_is_an_error(
    nats_url: str, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    command = ("-m", "framemesh.cli", "watch", "street", "--json", "--from-start")
    async with publisher(nats_broker) as publish:
        await Writer(publish).complete("north", [1])
    async with (
        real_monitor(nats_url, address) as monitor,
        process(*command, FRAMEMESH_MONITOR=address) as watch,
    ):
        assert await sequences(watch, 1) == [1]
        monitor.kill()
        await monitor.wait()
        assert "is gone" in await errors(watch)
        await remove_pipeline(nats_broker, pipeline)
        await stand_pipeline(nats_broker)
        async with real_monitor(nats_url, address):
            assert "error: the pipeline of this resume_token was deleted" in await errors(watch)
            async with asyncio.timeout(30):
                assert await watch.wait() == 1
