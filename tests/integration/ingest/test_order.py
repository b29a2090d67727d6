"""A pipeline that keeps the order of its cameras, while its buffer is full and its ingest dies."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.health import grpc_serving
from tests.integration.ingest.ordered import (
    CAMERAS,
    FRAMES,
    Consumer,
    in_order,
    push,
    stand_ordered,
)
from tests.integration.services.running import ingest
from tests.waiting import eventually


@pytest.fixture
async def ordered(nats_broker: Broker) -> PipelineSpec:
    return await stand_ordered(nats_broker)


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_full_buffer_keeps_the_order_of_every_camera(
    nats_broker: Broker, nats_url: str, ordered: PipelineSpec, seed: int
) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    consumer = Consumer(nats_broker, ordered, seed)
    async with ingest(nats_url, address), asyncio.TaskGroup() as tasks:
        tasks.create_task(consumer.take(len(CAMERAS) * FRAMES))
        for name in CAMERAS:
            tasks.create_task(push(address, name))
    in_order(consumer, ordered)


@asynccontextmanager
async def ingest_process(nats_url: str, address: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """An ingest that may be killed; it is, at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "framemesh.ingest",
        env={**os.environ, "FRAMEMESH_NATS": nats_url, "FRAMEMESH_INGEST_LISTEN": address},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await eventually(lambda: grpc_serving(address))
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_killing_ingest_keeps_the_order_of_every_camera(
    nats_broker: Broker, nats_url: str, ordered: PipelineSpec
) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    consumer, every = Consumer(nats_broker, ordered, 3), len(CAMERAS) * FRAMES
    async with asyncio.TaskGroup() as tasks:
        taking = tasks.create_task(consumer.take(every))
        pushing = [tasks.create_task(push(address, name)) for name in CAMERAS]
        for part in (1, 2, 3):
            async with ingest_process(nats_url, address):
                await eventually(partial(consumer.has, part * every // 4))
        async with ingest_process(nats_url, address):
            await taking
            await asyncio.gather(*pushing)
    in_order(consumer, ordered)
