"""Three real nats-servers on this machine. Each can be killed, frozen and started again."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil

from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.nats_server import NatsServer
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.processes.programs import nats_server
from framemesh.tls.files import TlsFiles
from tests.waiting import eventually

CONFIGURATION = Path(__file__).parents[3] / "deploy/nats/nats.conf"
"""The example configuration for production, so that it is tested."""

ENCRYPTED = CONFIGURATION.with_name("nats-tls.conf")

T = TypeVar("T")

NOTHING: Mapping[str, TlsFiles] = {}

SIZE = 3
POLL_SECONDS = 0.02
HEALTHY_SECONDS = 20.0
"""Until a server that was started again has caught up; an empty cluster takes 0.3 s."""

ANSWER_TIMEOUT_SECONDS = 1.0
GRACE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Member:
    """One server of the cluster."""

    name: str
    server: NatsServer
    cluster_port: int
    monitor_port: int
    routes: tuple[str, ...]

    def command(self) -> tuple[str | Path, ...]:
        port = str(self.monitor_port)
        configuration = CONFIGURATION if self.server.tls is None else ENCRYPTED
        return (nats_server(), "--config", configuration, "--http_port", port)

    def environment(self) -> dict[str, str]:
        return {
            **self.server.environment(),
            "FRAMEMESH_NATS_NAME": json.dumps(self.name),
            "FRAMEMESH_NATS_CLUSTER_LISTEN": json.dumps(f"127.0.0.1:{self.cluster_port}"),
            "FRAMEMESH_NATS_ROUTES": json.dumps(self.routes),
        }


class Cluster:
    """The servers, by name. Each keeps its name, ports and store across restarts."""

    def __init__(
        self, folder: Path, store_max_bytes: int, tls: Mapping[str, TlsFiles] = NOTHING
    ) -> None:
        """
        Args:
            tls: files of each server, by its name; without any, nothing is encrypted.
        """
        first = free_block(3 * SIZE)
        routes = tuple(f"nats://127.0.0.1:{first + SIZE + at}" for at in range(SIZE))
        self._folder = folder
        self._children: dict[str, Child] = {}
        self.members = {
            f"nats-{at}": Member(
                f"nats-{at}",
                NatsServer(
                    folder / f"nats-{at}",
                    first + at,
                    store_max_bytes=store_max_bytes,
                    sync_interval="always",
                    tls=tls.get(f"nats-{at}"),
                ),
                first + SIZE + at,
                first + 2 * SIZE + at,
                routes,
            )
            for at in range(SIZE)
        }

    @property
    def url(self) -> str:
        """All servers, as FRAMEMESH_NATS names them."""
        return ",".join(member.server.url for member in self.members.values())

    def of(self, broker: Broker) -> str:
        """The name of the server that a client is connected to."""
        by_address = {member.server.address: member.name for member in self.members.values()}
        return by_address[broker.server]

    async def start(self, name: str) -> None:
        member = self.members[name]
        self._children[name] = await Child.start(
            member.command(),
            name=name,
            log=self._folder / f"{name}.log",
            environment=member.environment(),
        )

    async def kill(self, name: str) -> None:
        """kill -9."""
        self._children[name].kill()
        await self._children[name].wait()

    async def stop(self, name: str) -> None:
        """SIGTERM, as at an upgrade."""
        await self._children[name].stop(GRACE_SECONDS)

    async def lame_duck(self, name: str) -> None:
        """Lame duck mode: it transfers its leaderships, disconnects its clients, and ends."""
        psutil.Process(self._children[name].pid).send_signal(signal.SIGUSR2)
        await self._children[name].wait()

    @asynccontextmanager
    async def frozen(self, name: str) -> AsyncIterator[None]:
        """SIGSTOP while the context lasts: its connections stay open, and it does not answer."""
        process = psutil.Process(self._children[name].pid)
        process.suspend()
        try:
            await eventually(lambda: _is_stopped(process.pid))
            yield
        finally:
            process.resume()

    async def until_healthy(self) -> None:
        """Wait until every server is up to date with all streams, and their leaders are known.

        Also used between two servers of a rolling upgrade.
        """
        faults = ["not asked yet"]
        try:
            async with asyncio.timeout(HEALTHY_SECONDS):
                while any(faults):
                    faults = [await _fault(member) for member in self.members.values()]
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError as error:
            raise AssertionError(f"the cluster does not become healthy: {faults}") from error

    async def close(self) -> None:
        for name in self._children:
            await self.kill(name)


def _is_stopped(pid: int) -> bool:
    """Whether all threads have stopped; SIGSTOP reaches them one by one."""
    states = (each.read_text() for each in Path(f"/proc/{pid}/task").glob("*/stat"))
    return all(state.rpartition(")")[2].split()[0] == "T" for state in states)


async def _fault(member: Member) -> str:
    """Why a server is not ready for another one to be stopped; empty if it is."""
    health = await _page(member, "/healthz")
    if health.get("status") != "ok":
        return f"{member.name}: {health.get('error', 'does not answer')}"
    meta = (await _page(member, "/jsz")).get("meta_cluster", {})
    # A server places no stream on one that it has not heard of yet.
    others = [peer for peer in meta.get("replicas", []) if not peer.get("offline")]
    known = meta.get("cluster_size") == SIZE and meta.get("leader") and len(others) == SIZE - 1
    return "" if known else f"{member.name}: knows {meta}"


async def _page(member: Member, path: str) -> dict[str, Any]:
    """A page of the server's HTTP monitor; empty if it does not answer."""
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", member.monitor_port)
            writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            _, _, body = (await reader.read()).partition(b"\r\n\r\n")
            writer.close()
            page: dict[str, Any] = json.loads(body)
            return page
    except (OSError, TimeoutError, ValueError):
        return {}


@asynccontextmanager
async def running_cluster(folder: Path, store_max_bytes: int) -> AsyncIterator[Cluster]:
    """A cluster that is healthy at the start of the context, and stopped at its end."""
    cluster = Cluster(folder, store_max_bytes)
    try:
        for name in cluster.members:
            await cluster.start(name)
        await cluster.until_healthy()
        yield cluster
    finally:
        await cluster.close()


async def until_answered(ask: Callable[[], Awaitable[T]]) -> T:
    """Repeat a request while the stream has no leader.

    The first streams of a cluster may need an election: its servers have just connected.
    """
    async with asyncio.timeout(HEALTHY_SECONDS):
        while True:
            with contextlib.suppress(BrokerUnavailable):
                return await ask()


async def create_stream(broker: Broker, config: dict[str, Any]) -> None:
    """Create a stream with three replicas."""
    subject = f"$JS.API.STREAM.CREATE.{config['name']}"
    replicated = {**config, "storage": "file", "num_replicas": SIZE}
    answer = await until_answered(lambda: broker.request(subject, replicated))
    assert "error" not in answer, answer


async def leader(broker: Broker, stream: str) -> str:
    """The name of the server that leads a stream."""
    return str((await _placement(broker, stream))["leader"])


async def followers(broker: Broker, stream: str) -> list[str]:
    """The names of the servers that have a stream and do not lead it."""
    return sorted(peer["name"] for peer in (await _placement(broker, stream))["replicas"])


async def lead(broker: Broker, stream: str, name: str) -> None:
    """Make a server the leader of a stream."""
    request = {"placement": {"preferred": name}}
    async with asyncio.timeout(HEALTHY_SECONDS):
        while await leader(broker, stream) != name:
            await broker.request(f"$JS.API.STREAM.LEADER.STEPDOWN.{stream}", request)
            await asyncio.sleep(POLL_SECONDS)


async def _placement(broker: Broker, stream: str) -> dict[str, Any]:
    """Placement of a stream, once it has a leader to report it."""
    subject = f"$JS.API.STREAM.INFO.{stream}"
    async with asyncio.timeout(HEALTHY_SECONDS):
        while True:
            answer = await until_answered(lambda: broker.request(subject, {}))
            placement: dict[str, Any] = answer.get("cluster", {})
            if placement.get("leader"):
                return placement
            await asyncio.sleep(POLL_SECONDS)
