"""A Jaeger of a test's own: what `make jaeger` built, with deploy/jaeger.yaml."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.ports import free_block
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / "deploy/jaeger.yaml"


def binary() -> Path:
    """Where it is, if it was built."""
    return Path(os.environ.get("FRAMEMESH_JAEGER_SERVER", ROOT / ".tools/jaeger/jaeger"))


@dataclass(frozen=True, slots=True)
class RunningJaeger:
    page: str
    """URL of its page and of its HTTP API."""
    otlp: str
    """host:port of OTLP over gRPC."""
    otlp_http: str
    """URL of OTLP over HTTP, for traces."""


@asynccontextmanager
async def running_jaeger(log: Path) -> AsyncIterator[RunningJaeger]:
    """A Jaeger that keeps traces while the context lasts."""
    port = free_block(5)
    page, query_grpc, health, otlp, otlp_http = (f"127.0.0.1:{port + n}" for n in range(5))
    child = await Child.start(
        [binary(), "--config", CONFIGURATION],
        name="jaeger",
        log=log,
        environment={
            "JAEGER_QUERY": page,
            "JAEGER_QUERY_GRPC": query_grpc,
            "JAEGER_HEALTH": health,
            "JAEGER_OTLP": otlp,
            "JAEGER_OTLP_HTTP": otlp_http,
        },
    )

    async def serves() -> bool:
        try:
            return (await client.get(f"http://{health}/status")).json()["healthy"] is True
        except (httpx.TransportError, ValueError):
            return False

    try:
        async with httpx.AsyncClient() as client:
            await eventually(serves)
        yield RunningJaeger(f"http://{page}", otlp, f"http://{otlp_http}/v1/traces")
    finally:
        await child.stop(5)
