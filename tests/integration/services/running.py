"""The services of the mesh in this process, each on a free port, and what their tests share."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import grpc.aio

import framemesh.ingest.app
import framemesh.ingest.settings
import framemesh.master.app
import framemesh.master.settings
import framemesh.monitor.app
import framemesh.monitor.settings
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.master.history.event_log import EVENTS_STREAM
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import channel
from framemesh.runtime.rpc.health import grpc_serving
from tests.waiting import eventually

MIB = 1024 * 1024

LOCK_TIMEOUT_SECONDS = 20.0
"""For what takes a fraction of a second, on a machine that has much else to do."""

POLL_SECONDS = 0.02

S = TypeVar("S")


@asynccontextmanager
async def ingest(nats_url: str, address: str = "") -> AsyncIterator[grpc.aio.Channel]:
    """A channel to an ingest that serves; it is drained at the end."""
    address = address or f"127.0.0.1:{free_block(1)}"
    chosen = framemesh.ingest.settings.Settings(nats=nats_url, listen=address)
    async with (
        serving(framemesh.ingest.app.run, chosen, address),
        channel(address, max_message_bytes=32 * MIB) as connected,
    ):
        yield connected


@asynccontextmanager
async def master(nats_url: str, address: str = "") -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a master that serves."""
    address = address or f"127.0.0.1:{free_block(1)}"
    chosen = framemesh.master.settings.Settings(nats=nats_url, listen=address)
    async with serving(framemesh.master.app.run, chosen, address), channel(address) as connected:
        yield connected


@asynccontextmanager
async def monitor(
    nats_url: str, address: str = "", **settings: str
) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a monitor that serves; its dashboard is on a port that nobody knows."""
    address = address or f"127.0.0.1:{free_block(1)}"
    chosen = framemesh.monitor.settings.Settings(
        nats=nats_url, listen=address, **{"http": "127.0.0.1:0", **settings}
    )
    async with serving(framemesh.monitor.app.run, chosen, address), channel(address) as connected:
        yield connected


@asynccontextmanager
async def serving(
    run: Callable[[S, asyncio.Event], Awaitable[None]], settings: S, address: str
) -> AsyncIterator[asyncio.Event]:
    """Run a service from when it serves to the end of the context; yields what stops it."""
    stop = asyncio.Event()
    running = asyncio.ensure_future(run(settings, stop))
    try:
        await eventually(lambda: _serves(address, running))
        yield stop
    finally:
        stop.set()
        await running


async def _serves(address: str, running: asyncio.Future[None]) -> bool:
    # A service that ended says why, below.
    return running.done() or await grpc_serving(address)


async def stand_pipeline(broker: Broker, **buffer: int) -> PipelineSpec:
    """A pipeline `street` with its buffer, as the master makes it, without a model."""
    chosen = {"shards": 2, "max_bytes": 64 * MIB, **buffer}
    spec = PipelineSpec(
        "street",
        (StageSpec("people", "person", 1),),
        BufferSpec(**chosen),  # type: ignore[arg-type]
    )
    store = PipelineStore(broker)
    await store.create()
    await BufferProvisioner(broker).provision(spec, Generation.of(1, spec))
    await store.put(spec)
    return spec


async def remove_pipeline(broker: Broker, spec: PipelineSpec) -> None:
    """As the master does it."""
    await PipelineStore(broker).delete(spec.name)
    await BufferProvisioner(broker).delete(spec.name, [Generation.of(1, spec)])


async def streams(broker: Broker) -> set[str]:
    """The names of all streams but those under buckets, and that of all events."""
    answer = await broker.request("$JS.API.STREAM.NAMES", {})
    others = "KV_", "OBJ_", EVENTS_STREAM
    return {name for name in answer["streams"] or [] if not name.startswith(others)}


async def status_of(call: Awaitable[object]) -> tuple[grpc.StatusCode, str]:
    """The status and the line that a call ends with; OK and nothing if it succeeds."""
    try:
        async with asyncio.timeout(LOCK_TIMEOUT_SECONDS):
            await call
    except grpc.aio.AioRpcError as error:
        return error.code(), error.details() or ""
    return grpc.StatusCode.OK, ""
