"""Client CPU of the data plane: `python -m bench.broker.data_plane`.

Stores and pulls messages of the size of frames on its own nats-server, and prints the CPU time of
this process for each message, beside that of nats-py's own methods. It measures CPU time, because
wall time is shared with the server; the results are medians of alternating rounds. Measure on an
idle machine: other processes share its caches and its clock rate.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import nats
from nats.aio.client import Client

from framemesh.core.clock import SystemClock
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.dataplane.data_plane import DataPlane, PullLimits
from framemesh.runtime.dataplane.outbound_message import ID_HEADER, OutboundMessage
from framemesh.runtime.dataplane.received_message import ReceivedMessage
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.jetstream_plane import jetstream_plane
from framemesh.runtime.processes.nats_server import GIB, NatsServer, running_nats_server
from framemesh.runtime.processes.ports import free_block

SIZES = {"1 KB": 1_000, "50 KB": 50_000, "200 KB": 200_000}
WINDOW = 256
BATCH = 64
LIMITS = PullLimits(messages=BATCH, bytes=32 * 1024 * 1024)

MESSAGES = 4_000
BYTES = 100_000_000
"""Of one round, whichever is less: a fraction of a second."""

SECOND = 1_000_000_000
STREAM = {
    "name": "BENCH",
    "subjects": ["bench"],
    "storage": "file",
    "retention": "workqueue",
    "discard": "new",
    "max_bytes": GIB // 2,
    "duplicate_window": 120 * SECOND,
}
CONSUMER = {
    "stream_name": "BENCH",
    "config": {"durable_name": "all", "ack_policy": "explicit", "ack_wait": 60 * SECOND},
}
HEADERS = {"Framemesh-Captured": "1700000000000000000", "Framemesh-Crc32": "0a1b2c3d"}
NUMBERS = count()

Work = Callable[[int, int], Awaitable[None]]
"""Publishes, or pulls and acks, a number of messages of a number of bytes."""


def next_id() -> str:
    """The id of a frame; each is used once."""
    return f"camera/session/{next(NUMBERS)}"


async def within_window(publish: Callable[[], Awaitable[object]], messages: int) -> None:
    left = iter(range(messages))

    async def some() -> None:
        for _ in left:
            await publish()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(WINDOW):
            tasks.create_task(some())


def work_of_plane(plane: DataPlane) -> Mapping[str, Work]:
    async def publish(messages: int, size: int) -> None:
        payload = bytes(size)
        await within_window(
            lambda: plane.store(OutboundMessage("bench", payload, next_id(), HEADERS)), messages
        )

    async def pull(messages: int, _: int) -> None:
        arrived: asyncio.Queue[ReceivedMessage] = asyncio.Queue()
        async with (
            plane.pull("BENCH", "all", LIMITS, arrived.put_nowait) as pulling,
            background_task(pulling.run()),
        ):
            for _ in range(messages):
                delivery = await arrived.get()
                await delivery.ack()
                pulling.done(delivery)

    return {"publish": publish, "pull + ack": pull}


def work_of_library(client: Client) -> Mapping[str, Work]:
    jetstream = client.jetstream(publish_async_max_pending=WINDOW)

    async def publish(messages: int, size: int) -> None:
        payload = bytes(size)

        async def store() -> None:
            headers = {ID_HEADER: next_id(), **HEADERS}
            await (await jetstream.publish_async("bench", payload, headers=headers))

        await within_window(store, messages)

    async def pull(messages: int, _: int) -> None:
        subscription = await jetstream.pull_subscribe_bind("all", "BENCH")
        while messages:
            for message in await subscription.fetch(min(BATCH, messages)):
                await message.ack()
                messages -= 1
        await subscription.unsubscribe()

    return {"publish": publish, "pull + ack": pull}


async def micros(work: Work, messages: int, size: int) -> float:
    """CPU time of this process for each message."""
    began = time.process_time()
    await work(messages, size)
    return (time.process_time() - began) / messages * 1e6


async def compare(ours: Mapping[str, Work], theirs: Mapping[str, Work], rounds: int) -> None:
    print(f"{'us of client CPU':18} {'':>8} {'data plane':>12} {'nats-py':>12}")
    for name, size in SIZES.items():
        messages = min(MESSAGES, BYTES // size)
        found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        for _ in range(rounds):
            for whose, works in (("ours", ours), ("theirs", theirs)):
                for what, work in works.items():
                    found[what, whose].append(await micros(work, messages, size))
        for what in ours:
            medians = [statistics.median(found[what, whose]) for whose in ("ours", "theirs")]
            print(f"{what:18} {name:>8} {medians[0]:12.0f} {medians[1]:12.0f}", flush=True)


@asynccontextmanager
async def stream(folder: Path) -> AsyncIterator[Broker]:
    server = NatsServer(store=folder, port=free_block(1))
    async with (
        running_nats_server(server, folder / "nats.log"),
        broker(server.url, "bench") as connected,
    ):
        await connected.request("$JS.API.STREAM.CREATE.BENCH", STREAM)
        await connected.request("$JS.API.CONSUMER.DURABLE.CREATE.BENCH.all", CONSUMER)
        yield connected


async def measure(rounds: int, folder: Path) -> None:
    async with stream(folder) as connected, jetstream_plane(connected, SystemClock()) as plane:
        client = await nats.connect(connected.url)
        try:
            await compare(work_of_plane(plane), work_of_library(client), rounds)
        finally:
            await client.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(arguments.rounds, Path(folder)))


if __name__ == "__main__":
    main()
