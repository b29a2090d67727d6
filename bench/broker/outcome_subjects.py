"""Memory of a nats-server that keeps many outcomes: `python -m bench.broker.outcome_subjects`.

Every outcome has a subject of its own, and a server keeps an index of subjects in memory.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from framemesh.core.frame import FrameId
from framemesh.runtime.jetstream.api.headers import EXPECTED_LAST_ON_SUBJECT
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.streams import StreamConfig
from framemesh.runtime.jetstream.connection.broker import broker
from framemesh.runtime.messages.subjects import outcome_subject, outcomes_subject
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from framemesh.runtime.processes.ports import free_block

PIPELINE, STREAM, SESSION = "bench", "LEDGER-bench", "20261128T120000-0a1b2c3d"
CAMERAS = 1_000
PAYLOAD = b"x" * 100
"""As large as an outcome with one or two boxes."""

STORE_BYTES = 28 * 1024**3
MIB = 1024 * 1024
BATCH = 5_000
"""Messages between two acknowledgements: a stream drops what is behind 10,000 others."""

STREAM_CONFIG = StreamConfig(
    name=STREAM,
    subjects=(outcomes_subject(PIPELINE, "*"),),
    max_bytes=STORE_BYTES - 1024**3,
    allow_direct=True,
)


class Writer:
    """A connection that writes outcomes as fast as the server takes them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def connect(self) -> None:
        options = json.dumps({"verbose": False, "headers": True, "name": "bench"})
        self._writer.write(f"CONNECT {options}\r\nSUB ack 1\r\n".encode())

    async def write(self, first: int, last: int) -> None:
        """The outcomes from `first` to `last`, and wait until the stream has them."""
        self._writer.writelines(
            _published(number, reply=number == last) for number in range(first, last + 1)
        )
        await self._writer.drain()
        while True:
            line = await self._reader.readline()
            if line.startswith(b"PING"):
                self._writer.write(b"PONG\r\n")
            elif line.startswith(b"MSG"):
                answer = json.loads(await self._reader.readline())
                if "error" in answer:
                    raise RuntimeError(answer["error"]["description"])
                return
            elif line.startswith(b"-ERR") or not line:
                raise RuntimeError(line.decode() or "the server closed the connection")


HEADERS = f"NATS/1.0\r\n{EXPECTED_LAST_ON_SUBJECT}: 0\r\n\r\n".encode()


def _published(number: int, *, reply: bool) -> bytes:
    frame = FrameId(f"camera-{number % CAMERAS:04}", SESSION, 1 + number // CAMERAS)
    to = " ack" if reply else ""
    subject = outcome_subject(PIPELINE, frame)
    sizes = f"{len(HEADERS)} {len(HEADERS) + len(PAYLOAD)}"
    return f"HPUB {subject}{to} {sizes}\r\n".encode() + HEADERS + PAYLOAD + b"\r\n"


@asynccontextmanager
async def server(folder: Path) -> AsyncIterator[tuple[NatsServer, psutil.Process, float]]:
    """A running server, its process and how long its start took."""
    found = NatsServer(folder, free_block(1), store_max_bytes=STORE_BYTES)
    began = time.monotonic()
    async with running_nats_server(found, folder / "nats.log") as child:
        yield found, psutil.Process(child.pid), time.monotonic() - began


async def grow(folder: Path, counts: Sequence[int], most_bytes: int) -> tuple[int, int]:
    """Write ever more outcomes, and print what each number of them costs.

    Returns how many there are, and what the server had in memory before.
    """
    async with server(folder) as (found, process, _), broker(found.url, "bench") as nats:
        streams = JetStream(nats).streams
        await streams.create(STREAM_CONFIG)
        empty, written = process.memory_info().rss, 0
        writer = Writer(*await asyncio.open_connection(found.host, found.port))
        await writer.connect()
        for count in counts:
            began, before = time.monotonic(), written
            while written < count and process.memory_info().rss < most_bytes:
                await writer.write(written, written + BATCH - 1)
                written += BATCH
            rate = (written - before) / (time.monotonic() - began)
            state = (await streams.info(STREAM)).state
            assert state.messages == written, f"{state.messages} of {written} are there"
            report("written", written, process, empty)
            print(f"{'':12} {state.bytes / MIB:.0f} MiB on disk, {rate:.0f}/s", flush=True)
        return written, empty


async def restart(folder: Path, count: int, empty: int) -> None:
    """Print what the same outcomes cost a server that was started with them."""
    async with server(folder) as (found, process, seconds), broker(found.url, "bench") as nats:
        state = (await JetStream(nats).streams.info(STREAM)).state
        assert state.messages == count
        report("restarted", count, process, empty)
        print(f"{'':12} ready after {seconds:.1f} s", flush=True)


def report(what: str, count: int, process: psutil.Process, empty: int) -> None:
    resident = process.memory_info().rss
    each = (resident - empty) / count
    print(f"{what:12} {count:>11,} outcomes {resident / MIB:8.0f} MiB  {each:5.0f} bytes each")


async def measure(folder: Path, counts: Sequence[int], most_bytes: int) -> None:
    written, empty = await grow(folder, counts, most_bytes)
    await restart(folder, written, empty)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--most-gib", type=float, default=8.0, help="resident; it ends there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), arguments.counts, int(arguments.most_gib * 1024**3)))


if __name__ == "__main__":
    main()
