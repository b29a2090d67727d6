"""A nats-server with JetStream as a child process."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.jetstream.api.subjects import ACCOUNT_INFO
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.health import Health
from framemesh.runtime.processes.ports import is_free
from framemesh.runtime.processes.programs import nats_server
from framemesh.tls.contexts import client_context
from framemesh.tls.files import CertificateFault, TlsFiles

CONFIGURATION = Path(str(files("framemesh.runtime.processes") / "nats-server.conf"))
"""Also used in production: what differs comes from the environment."""

ENCRYPTED = CONFIGURATION.with_name("nats-server-tls.conf")
"""The same with TLS."""

GIB = 1024**3

CHECK_TIMEOUT_SECONDS = 1.0
"""For one answer of a server that runs."""

CLOSE_SECONDS = 0.2
"""For the connection of a check to be closed."""

START_TIMEOUT_SECONDS = 30.0
"""Until it answers. It reads its streams first: milliseconds when they are small, seconds for the
64 GiB that a store may hold."""

POLL_SECONDS = 0.02
"""Between two health checks of a server that starts; an empty one takes about 50 ms."""

GRACE_SECONDS = 10.0
"""From SIGTERM to SIGKILL: it writes out its streams."""

GARBAGE_PERCENT = 200
"""How much garbage Go lets pile up, in percent of what is in use: most of that is blocks of
streams, of up to 8 MiB. 20 MiB more than with Go's own 100, and 7% less CPU (bench/README.md)."""

MEMORY_SHARE = 0.5
"""Of the machine, from which on Go collects as often as it must to stay below: an index of millions
of outcomes is in use, and garbage beside it has no room."""


class NatsServerFailed(FramemeshError):
    """The nats-server ended, or did not answer in time."""

    code = Code.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class NatsServer:
    """The options of one nats-server."""

    store: Path
    """The folder that gets a folder `jetstream`."""
    port: int
    host: str = "127.0.0.1"
    store_max_bytes: int = GIB
    """Of all streams together."""
    sync_interval: str = "10s"
    """Between two fsyncs, and two removals of the files of empty blocks; "always": an fsync for
    each message, and a removal every 2 minutes."""
    monitor_port: int | None = None
    """For its HTTP status pages; None: it has none."""
    tls: TlsFiles | None = None
    """Its certificate, and whom it trusts; None: nothing is encrypted. SIGHUP makes it read them
    again."""

    @property
    def address(self) -> str:
        """host:port for clients."""
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{'nats' if self.tls is None else 'tls'}://{self.address}"

    def command(self) -> tuple[str | Path, ...]:
        """The command that starts it, together with `environment`.

        Raises:
            ProgramMissing: it is not installed.
        """
        monitor = () if self.monitor_port is None else ("--http_port", str(self.monitor_port))
        configuration = CONFIGURATION if self.tls is None else ENCRYPTED
        return (nats_server(), "--config", configuration, *monitor)

    def environment(self) -> dict[str, str]:
        """The variables of the configuration, as JSON strings and numbers, which are values of its
        language too, and settings of the process."""
        return {
            "FRAMEMESH_NATS_LISTEN": json.dumps(self.address),
            "FRAMEMESH_NATS_STORE": json.dumps(str(self.store), ensure_ascii=False),
            "FRAMEMESH_NATS_STORE_MAX": json.dumps(self.store_max_bytes),
            "FRAMEMESH_NATS_SYNC": json.dumps(self.sync_interval),
            **({} if self.tls is None else _certificates(self.tls)),
            **collector(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")),
        }


def collector(machine_bytes: int) -> dict[str, str]:
    """The settings of Go's garbage collector on a machine with so much memory."""
    most = round(MEMORY_SHARE * machine_bytes)
    return {"GOGC": str(GARBAGE_PERCENT), "GOMEMLIMIT": f"{most}B"}


def _certificates(tls: TlsFiles) -> dict[str, str]:
    files = {"CA": tls.ca, "CERT": tls.certificate, "KEY": tls.key}
    return {
        f"FRAMEMESH_NATS_TLS_{name}": json.dumps(str(Path(path).absolute()), ensure_ascii=False)
        for name, path in files.items()
        if path is not None
    }


async def jetstream_health(
    address: str, timeout_seconds: float, tls: TlsFiles | None = None
) -> Health:
    """What the nats-server at host:port answers to a request to JetStream.

    Without a client library: a server that starts is checked a few times a second, and a client
    would reconnect on its own.
    """
    host, port = address.rsplit(":", 1)
    health = Health.UNANSWERED
    # A ValueError: it sends a line without an end, as no nats-server does.
    with contextlib.suppress(OSError, TimeoutError, ValueError, CertificateFault):
        async with (
            asyncio.timeout(timeout_seconds),
            _connection(host, int(port)) as (lines, writer),
        ):
            # A server greets whoever connects, also while its JetStream starts.
            if await lines.readline():
                health = Health.NOT_SERVING
                if tls is not None:
                    await writer.start_tls(client_context(tls), server_hostname=tls.name or host)
                if await _jetstream_answers(lines, writer):
                    health = Health.SERVING
    return health


async def jetstream_answers(address: str, tls: TlsFiles | None = None) -> bool:
    """Whether JetStream of the nats-server at host:port answers in CHECK_TIMEOUT_SECONDS."""
    return await jetstream_health(address, CHECK_TIMEOUT_SECONDS, tls) is Health.SERVING


@asynccontextmanager
async def _connection(
    host: str, port: int
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield reader, writer
    finally:
        writer.close()
        # With a timeout: where TLS did not begin, asyncio waits for ever.
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await writer.wait_closed()


async def _jetstream_answers(lines: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    options = json.dumps({"verbose": False, "name": "health check"})
    writer.write(
        f"CONNECT {options}\r\nSUB _INBOX.health 1\r\n"
        f"PUB {ACCOUNT_INFO} _INBOX.health 0\r\n\r\nPING\r\n".encode()
    )
    while line := await lines.readline():
        if line.startswith(b"MSG "):
            return b'"error"' not in await lines.readline()
        if line.startswith(b"-ERR"):
            return False
    return False


@asynccontextmanager
async def running_nats_server(server: NatsServer, log: Path) -> AsyncIterator[Child]:
    """Run it until the context ends; it answers when the context begins.

    Raises:
        ProgramMissing: it is not installed.
        NatsServerFailed: its port is taken, it ended, or it did not answer in time.
    """
    # Without this the server that has the port would answer in its place.
    if not is_free(server.port, server.host):
        raise NatsServerFailed(f"nats-server cannot listen on {server.address}: it is taken")
    child = await Child.start(
        server.command(), name="nats", log=log, environment=server.environment()
    )
    try:
        await _until_it_answers(server, child)
        yield child
    finally:
        await child.stop(GRACE_SECONDS)


async def _until_it_answers(server: NatsServer, child: Child) -> None:
    try:
        async with asyncio.timeout(START_TIMEOUT_SECONDS):
            while child.running:
                if await jetstream_answers(server.address, server.tls):
                    return
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError as error:
        raise NatsServerFailed(
            f"the nats-server at {server.address} does not answer: see {child.log}"
        ) from error
    if not child.running:
        raise NatsServerFailed(f"nats-server: {child.last_log_line()} (log: {child.log})")
