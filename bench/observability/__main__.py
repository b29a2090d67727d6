"""What all of observability costs a mesh: `python -m bench.observability`.

Two meshes stand side by side, one with metrics, which are read every few seconds, and traces of one
frame in a thousand, the other with none of it. In turns, each is saturated while the other rests.
"""

import argparse
import asyncio
import contextlib
import os
import statistics
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import httpx
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from bench.throughput import Mesh, MeshRun
from framemesh.cli.local.detached import Supervisor
from framemesh.cli.local.ports import METRICS, Ports

SERVICES = ("INGEST", "MASTER", "MONITOR", "AGENT", "SINK")
STORE_BYTES = 2 * 1024**3
SCRAPE_SECONDS = 10.0

OFF = {**{f"FRAMEMESH_{each}_METRICS": "" for each in SERVICES}, "FRAMEMESH_OTLP": ""}


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Takes spans, and counts them."""

    def __init__(self) -> None:
        self.spans = 0

    async def Export(self, request: Any, context: Any) -> Any:
        scopes = (scope for resource in request.resource_spans for scope in resource.scope_spans)
        self.spans += sum(len(scope.spans) for scope in scopes)
        return trace_service_pb2.ExportTraceServiceResponse()


@asynccontextmanager
async def collector() -> AsyncIterator[tuple[Collector, str]]:
    server, found = grpc.aio.server(), Collector()
    add: Any = trace_service_pb2_grpc.add_TraceServiceServicer_to_server
    add(found, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield found, f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@asynccontextmanager
async def mesh(data: Path, ports: Ports, environment: Mapping[str, str]) -> AsyncIterator[Mesh]:
    """A mesh with a supervisor of its own, so that its CPU time is its own."""
    with _environment(environment):
        supervisor = Supervisor.start(data, ports, STORE_BYTES)
    try:
        found = Mesh(await supervisor.until_ready(lambda _: None))
        await found.prepare()
        yield found
    finally:
        await supervisor.stop()


async def scrape(ports: Ports) -> None:
    """Read all pages every few seconds, as Prometheus does. Runs until cancelled."""
    offsets = (1, 2, 3, 5, 7, 10)
    addresses = [f"http://127.0.0.1:{ports.base + METRICS + each}/metrics" for each in offsets]
    async with httpx.AsyncClient(timeout=5) as client:
        while True:
            for address in addresses:
                with contextlib.suppress(httpx.TransportError):
                    await client.get(address)
            await asyncio.sleep(SCRAPE_SECONDS)


def cpu_ms(run: MeshRun) -> float:
    """Of all processes of the mesh, a frame."""
    return 1000 * sum(run.cpu.values()) / run.frames


async def compare(rounds: int, frames_of_each: int, folder: Path, *, traces: bool) -> None:
    async with collector() as (spans, address):
        ports, otlp = Ports.free(), address if traces else ""
        async with (
            mesh(folder / "on", ports, {"FRAMEMESH_OTLP": otlp}) as on,
            mesh(folder / "off", Ports.free(), OFF) as off,
        ):
            scraping = asyncio.create_task(scrape(ports))
            # The first frames warm both up.
            await on.saturate(frames_of_each // 2)
            await off.saturate(frames_of_each // 2)
            pairs: list[tuple[MeshRun, MeshRun]] = []
            for number in range(rounds):
                if number % 2:
                    without = await off.saturate(frames_of_each)
                    pairs.append((await on.saturate(frames_of_each), without))
                else:
                    having = await on.saturate(frames_of_each)
                    pairs.append((having, await off.saturate(frames_of_each)))
                rates = [run.frames_per_second for run in pairs[-1]]
                spent = [cpu_ms(run) for run in pairs[-1]]
                print(f"  on {rates[0]:6.0f} frames/s {spent[0]:6.3f} ms   off", end="")
                print(f" {rates[1]:6.0f} frames/s {spent[1]:6.3f} ms a frame")
            scraping.cancel()
    rate = statistics.median(
        having.frames_per_second / without.frames_per_second for having, without in pairs
    )
    cpu = statistics.median(cpu_ms(having) / cpu_ms(without) for having, without in pairs)
    print(f"on : off   frames/s {rate:.3f}   CPU a frame {cpu:.3f}   {spans.spans} spans")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--frames", type=int, default=200, help="of each of the cameras")
    parser.add_argument("--no-traces", action="store_true", help="metrics alone")
    arguments = parser.parse_args()
    rounds, frames, traces = arguments.rounds, arguments.frames, not arguments.no_traces
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(compare(rounds, frames, Path(folder), traces=traces))


if __name__ == "__main__":
    main()
