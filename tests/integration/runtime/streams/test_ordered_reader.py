import asyncio
from pathlib import Path

import pytest

from framemesh.core.clock import SystemClock
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.reliable_writer import ReliableWriter
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.consume.ordered_reader import (
    OrderedReader,
    SequenceRange,
    StreamGone,
)
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.jetstream.publish.publisher import publisher
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from framemesh.runtime.processes.ports import free_block
from tests.waiting import eventually

STREAM = {
    "name": "TAIL",
    "subjects": ["tail.>"],
    "storage": "file",
    "retention": "limits",
    "max_bytes": 10_000_000,
}


async def test_everything_is_read_once_across_a_kill_of_the_broker(
    nats: NatsServer, tmp_path: Path
) -> None:
    read: list[bytes] = []
    log = tmp_path / "nats.log"
    connected = Broker(nats.url)

    async def handle(message: ReceivedMessage) -> None:
        read.append(message.payload)

    async with asyncio.timeout(40), running_nats_server(nats, log) as first:
        await connected.connect("test")
        await connected.request("$JS.API.STREAM.CREATE.TAIL", STREAM)
        async with publisher(connected) as publish, asyncio.TaskGroup() as tasks:
            for number in range(700):
                await publish.store(OutboundMessage("tail.a", b"%d" % number, f"{number}"))
            reading = tasks.create_task(
                OrderedReader(connected, "TAIL", SystemClock()).read(handle)
            )
            await eventually(lambda: len(read) >= 300)
            first.kill()
            await first.wait()
            async with running_nats_server(nats, log):
                for number in range(700, 900):
                    await ReliableWriter(publish).write(
                        OutboundMessage("tail.a", b"%d" % number, f"{number}")
                    )
                await eventually(lambda: len(read) >= 900)
                reading.cancel()
                await connected.close()
    assert read == [b"%d" % number for number in range(900)]


async def test_it_starts_after_a_sequence_number_and_reads_only_its_subjects(
    nats_broker: Broker,
) -> None:
    read: list[bytes] = []

    async def handle(message: ReceivedMessage) -> None:
        read.append(message.payload)

    await nats_broker.request("$JS.API.STREAM.CREATE.TAIL", STREAM)
    async with asyncio.timeout(10), publisher(nats_broker) as publish:
        for number in range(10):
            await publish.store(OutboundMessage(f"tail.{number % 2}", b"%d" % number, f"{number}"))
        tail = OrderedReader(nats_broker, "TAIL", SystemClock(), ["tail.1"])
        assert await tail.last_sequence() == 10
        reading = asyncio.ensure_future(tail.read(handle, after=4))
        await eventually(lambda: len(read) >= 3)
        reading.cancel()
    assert read == [b"5", b"7", b"9"]


async def test_the_range_of_a_stream_is_known(nats_broker: Broker) -> None:
    await nats_broker.request("$JS.API.STREAM.CREATE.TAIL", STREAM)
    tail = OrderedReader(nats_broker, "TAIL", SystemClock())
    found = [await tail.extent()]
    async with publisher(nats_broker) as publish:
        for number in range(10):
            await publish.store(OutboundMessage("tail.a", b"", f"{number}"))
    found.append(await tail.extent())
    for first_kept in (4, 11):
        await nats_broker.request("$JS.API.STREAM.PURGE.TAIL", {"seq": first_kept})
        found.append(await tail.extent())
    assert found == [
        SequenceRange(1, 0),
        SequenceRange(1, 10),
        SequenceRange(4, 10),
        SequenceRange(11, 10),
    ]
    assert list(map(bool, found)) == [False, True, True, False]


async def test_a_missing_stream_is_an_error(nats_broker: Broker) -> None:
    async def handle(message: ReceivedMessage) -> None:
        raise AssertionError(message)

    tail = OrderedReader(nats_broker, "NONE", SystemClock())
    with pytest.raises(StreamGone):
        await tail.last_sequence()
    with pytest.raises(StreamGone):
        await tail.read(handle)


async def test_a_stream_that_is_deleted_while_it_is_read_is_an_error(nats_broker: Broker) -> None:
    async def handle(message: ReceivedMessage) -> None:
        raise AssertionError(message)

    await nats_broker.request("$JS.API.STREAM.CREATE.TAIL", STREAM)
    reading = asyncio.ensure_future(OrderedReader(nats_broker, "TAIL", SystemClock()).read(handle))
    await asyncio.sleep(0.1)
    await nats_broker.request("$JS.API.STREAM.DELETE.TAIL", {})
    async with asyncio.timeout(10):
        with pytest.raises(StreamGone):
            await reading


class Proxy:
    """A way to a server that can swallow what the server says, and be cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._pumps: list[asyncio.Task[None]] = []
        self.swallows = False
        self.swallowed = 0

    async def start(self, port: int) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", port)

    def cut(self) -> None:
        self.swallows = False
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def stop(self) -> None:
        self.cut()
        for pump in self._pumps:
            pump.cancel()
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    async def _connect(self, near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        far, to = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers += [out, to]
        self._pumps.append(asyncio.ensure_future(self._pump(near, to, swallows=False)))
        self._pumps.append(asyncio.ensure_future(self._pump(far, out, swallows=True)))

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, swallows: bool
    ) -> None:
        try:
            while data := await source.read(65536):
                if swallows and self.swallows:
                    self.swallowed += len(data)
                    continue
                sink.write(data)
        except ConnectionError:
            pass
        sink.close()


async def test_messages_lost_with_a_connection_are_read_again(
    nats: NatsServer, nats_url: str
) -> None:
    """The broker takes it for read: a consumer without acks knows no better."""
    read: list[bytes] = []
    proxy = Proxy(nats.port)

    async def handle(message: ReceivedMessage) -> None:
        read.append(message.payload)
        # From here on the broker speaks to nobody.
        proxy.swallows = proxy.swallows or len(read) == 600

    port = free_block(1)
    await proxy.start(port)
    async with asyncio.timeout(30), broker(f"nats://127.0.0.1:{port}", "test") as connected:
        await connected.request("$JS.API.STREAM.CREATE.TAIL", STREAM)
        async with publisher(connected) as publish:
            for number in range(2000):
                await publish.store(OutboundMessage("tail.a", b"%d" % number, f"{number}"))
            reading = asyncio.ensure_future(
                OrderedReader(connected, "TAIL", SystemClock()).read(handle)
            )
            await eventually(lambda: proxy.swallowed >= 1000)
            proxy.cut()
            await eventually(lambda: len(read) >= 2000)
            reading.cancel()
    await proxy.stop()
    assert read == [b"%d" % number for number in range(2000)]
