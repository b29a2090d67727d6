"""A Kafka of one node in KRaft mode, as a child process."""

import asyncio
import base64
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.kafka_twin.installed import JARS, KafkaMissing, why_missing
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.ports import free_block

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""As the max_payload of our nats-server."""

FLUSH_SECONDS = 10
"""Between two fsyncs, as the sync_interval of our nats-server on one node."""

FLUSH_CHECK_SECONDS = 2
"""Between two looks for logs that are due; by default Kafka never looks."""

START_TIMEOUT_SECONDS = 60.0
"""It takes 4 to 8 s on two cores, and reads the tail of its logs first where it was killed."""

GRACE_SECONDS = 30.0
"""From SIGTERM to SIGKILL."""

POLL_SECONDS = 0.02

HEAP_MIB = 256
"""bench/README.md has what other sizes do."""

SEGMENT_BYTES = 64 * 1024 * 1024
"""Of a file of a log. Retention removes whole files alone."""


class KafkaFailed(Exception):
    """The server ended, or did not answer in time."""


@dataclass(frozen=True, slots=True)
class KafkaServer:
    """The options of one server."""

    folder: Path
    port: int
    controller_port: int
    heap_mib: int = HEAP_MIB

    @property
    def address(self) -> str:
        """host:port for clients."""
        return f"127.0.0.1:{self.port}"

    @property
    def logs(self) -> Path:
        """The folder of the topics."""
        return self.folder / "logs"

    @property
    def properties(self) -> Path:
        return self.folder / "server.properties"

    def prepare(self) -> None:
        """Write its configuration."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "listeners": f"PLAINTEXT://{self.address},"
            f"CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{self.address}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": self.logs,
            "auto.create.topics.enable": "false",
            "message.max.bytes": MAX_MESSAGE_BYTES,
            "replica.fetch.max.bytes": MAX_MESSAGE_BYTES,
            "log.segment.bytes": SEGMENT_BYTES,
            "log.retention.check.interval.ms": 1000,
            "log.flush.interval.ms": 1000 * FLUSH_SECONDS,
            "log.flush.scheduler.interval.ms": 1000 * FLUSH_CHECK_SECONDS,
            "compression.type": "producer",
            # One node, and nobody to wait for.
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "share.coordinator.state.topic.num.partitions": 1,
            "group.initial.rebalance.delay.ms": 0,
            # As many threads as two cores can use: 3 and 8 by default.
            "num.network.threads": 2,
            "num.io.threads": 2,
        }
        lines = (f"{name}={value}\n" for name, value in settings.items())
        self.properties.write_text("".join(lines))
        (self.folder / "log4j2.properties").write_text(LOGGING)

    def command(self, main: str, *arguments: str | Path) -> tuple[str | Path, ...]:
        """The command that runs a class of the jars."""
        return (
            "java",
            f"-Xmx{self.heap_mib}m",
            # What Kafka's own scripts set.
            *("-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"),
            *("-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent"),
            "-Djava.awt.headless=true",
            f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}",
            *("-cp", f"{JARS}/*", main),
            *arguments,
        )

    def format_command(self) -> tuple[str | Path, ...]:
        """The command that makes its folder that of a new cluster."""
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        return self.command(
            "kafka.tools.StorageTool", "format", "-t", cluster, "-c", self.properties
        )


LOGGING = """\
status = error
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %m (%c)%n
"""


@asynccontextmanager
async def running_kafka(
    folder: Path, heap_mib: int = HEAP_MIB
) -> AsyncIterator[tuple[KafkaServer, Child]]:
    """A new cluster that answers when the context begins, and ends with it.

    Raises:
        KafkaMissing: it is not installed.
        KafkaFailed: it ended, or did not answer in time.
    """
    if why := why_missing():
        raise KafkaMissing(why)
    port = free_block(2)
    server = KafkaServer(folder, port, port + 1, heap_mib)
    await asyncio.to_thread(server.prepare)
    await _finished(server, server.format_command())
    child = await start_kafka(server)
    try:
        yield server, child
    finally:
        await child.stop(GRACE_SECONDS)


async def start_kafka(server: KafkaServer) -> Child:
    """Start it on the folder that it has; it answers when this returns.

    Raises:
        KafkaFailed: it ended, or did not answer in time.
    """
    child = await _begun(server, server.command("kafka.Kafka", server.properties))
    try:
        async with asyncio.timeout(START_TIMEOUT_SECONDS):
            while child.running:
                if await _accepts(server.port):
                    return child
                await asyncio.sleep(POLL_SECONDS)
    except BaseException:
        child.kill()
        raise
    raise KafkaFailed(f"Kafka ended: {child.last_log_line()} (log: {child.log})")


async def _begun(server: KafkaServer, command: Sequence[str | Path]) -> Child:
    return await Child.start(command, name="kafka", log=server.folder / "kafka.log")


async def _finished(server: KafkaServer, command: Sequence[str | Path]) -> None:
    child = await _begun(server, command)
    try:
        async with asyncio.timeout(START_TIMEOUT_SECONDS):
            if await child.wait():
                raise KafkaFailed(f"{child.last_log_line()} (log: {child.log})")
    finally:
        child.kill()


async def _accepts(port: int) -> bool:
    """Whether it takes connections: it does when its logs are read and its topics are known."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
