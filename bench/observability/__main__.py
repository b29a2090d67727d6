"""What all of observability costs a mesh: `python -m bench.observability`.

Two meshes stand side by side, one with metrics, which are read every few seconds, and traces of one
frame in a thousand, the other with none of it. In turns, each is saturated while the other rests.
"""

import argparse
import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import httpx
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from bench.compare.pairs import in_turns, report
from bench.compare.separate_mesh import separate_mesh
from framemesh.cli.local.ports import METRICS, Ports

SERVICES = ("INGEST", "MASTER", "MONITOR", "AGENT", "SINK")
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


async def compare(rounds: int, frames_of_each: int, folder: Path, *, traces: bool) -> None:
    async with collector() as (spans, address):
        ports, otlp = Ports.free(), address if traces else ""
        async with (
            separate_mesh(folder / "on", ports, {"FRAMEMESH_OTLP": otlp}) as on,
            separate_mesh(folder / "off", Ports.free(), OFF) as off,
        ):
            scraping = asyncio.create_task(scrape(ports))
            pairs = await in_turns(
                lambda: on.saturate(frames_of_each), lambda: off.saturate(frames_of_each), rounds
            )
            scraping.cancel()
    report(pairs, "on", "off")
    print(f"{spans.spans} spans")


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
