"""An ingest with limits of its own, and what it counted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import grpc.aio

import framemesh.ingest.app
from framemesh.core.metrics.frames import INGEST_REFUSALS, INGEST_THROTTLED
from framemesh.core.metrics.metric import Service
from framemesh.core.metrics.table import metrics_of
from framemesh.ingest.settings import Settings
from framemesh.runtime.metrics.meter import MemoryMeter
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import channel
from framemesh.runtime.telemetry import Telemetry
from tests.integration.services.running import serving


@asynccontextmanager
async def limited(
    nats_url: str, listen: str = "", **limits: float
) -> AsyncIterator[tuple[MemoryMeter, grpc.aio.Channel]]:
    """What it counts, and a channel to it."""
    meter = MemoryMeter(metrics_of(Service.INGEST))
    listen = listen or f"127.0.0.1:{free_block(1)}"
    settings = Settings(nats=nats_url, listen=listen, **limits)
    run = partial(framemesh.ingest.app.run, telemetry=Telemetry(meter))
    async with (
        serving(run, settings, settings.listen),
        channel(settings.listen) as connected,
    ):
        yield meter, connected


def refusals(meter: MemoryMeter) -> dict[str, float]:
    """Streams that were refused, by reason."""
    (found,) = [each for each in meter.snapshot() if each.metric is INGEST_REFUSALS]
    return {reason: count for (reason,), count in found.values.items()}


def throttled(meter: MemoryMeter) -> float:
    """Frames that waited for their camera's limit."""
    (found,) = [each for each in meter.snapshot() if each.metric is INGEST_THROTTLED]
    return sum(found.values.values())
