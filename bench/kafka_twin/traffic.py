"""One end of a data plane, as a process: `python -m bench.kafka_twin.traffic KIND ADDRESS ROLE`.

It does what each line of its input says, and answers with a line; both are JSON. Two ends in one
process would take the interpreter from each other, and a frame's age would be that.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bench.broker.data_plane import HEADERS, WINDOW, next_id
from bench.kafka_twin.kafka_plane import TUNED
from bench.kafka_twin.kinds import Kind
from bench.kafka_twin.sender import Batching
from bench.kafka_twin.sides import plane_of
from framemesh.runtime import logs
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.dataplane.data_plane import DataPlane, PullLimits
from framemesh.runtime.dataplane.outbound_message import ID_HEADER, OutboundMessage
from framemesh.runtime.dataplane.received_message import ReceivedMessage
from framemesh.runtime.dataplane.reliable_writer import UNTIL_STOPPED, ReliableWriter

SENT = "Bench-Sent"
"""When a frame was given to the data plane, in nanoseconds of the machine's monotonic clock."""

LIMITS = PullLimits(messages=64, bytes=32 * 1024 * 1024)
"""As a worker has of one shard."""

QUIET_SECONDS = 20.0
"""Without a message, after which nothing more is expected."""

Order = Mapping[str, Any]
Result = Mapping[str, Any]


def frame(payload: bytes, run: str) -> OutboundMessage:
    sent = str(time.monotonic_ns())
    return OutboundMessage("bench", payload, f"{run}/{next_id()}", {**HEADERS, SENT: sent}, "BENCH")


async def publish(plane: DataPlane, order: Order) -> Result:
    """Store so many messages; `rate` a second, or 0: as fast as they are acknowledged."""
    payload, messages, rate, run = (
        bytes(order["size"]),
        order["messages"],
        order["rate"],
        order["run"],
    )
    writer = ReliableWriter(plane, UNTIL_STOPPED)
    stored: list[str] = []
    last_stored, longest = time.monotonic(), 0.0

    async def store() -> None:
        nonlocal last_stored, longest
        message = frame(payload, run)
        await writer.write(message)
        now = time.monotonic()
        longest, last_stored = max(longest, now - last_stored), now
        stored.append(message.id)

    cpu, began = time.process_time(), time.monotonic_ns()
    async with TaskGroup() as tasks:
        if rate:
            for number in range(messages):
                due = began / 1e9 + number / rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                tasks.create_task(store())
        else:
            left = iter(range(messages))

            async def some() -> None:
                for _ in left:
                    await store()

            for _ in range(WINDOW):
                tasks.create_task(some())
    return {
        "began_nano": began,
        "cpu_seconds": time.process_time() - cpu,
        "stored": len(stored),
        "longest_pause_seconds": longest,
    }


async def pull(plane: DataPlane, order: Order) -> Result:
    """Pull and settle so many different messages of a run, and whatever else comes before."""
    wanted, run = order["messages"], order["run"]
    arrived: asyncio.Queue[tuple[ReceivedMessage, int]] = asyncio.Queue()
    ages: list[int] = []
    seen: set[str] = set()
    places: set[int] = set()
    repeated = stored_twice = 0
    last, longest = time.monotonic_ns(), 0

    def deliver(message: ReceivedMessage) -> None:
        arrived.put_nowait((message, time.monotonic_ns()))

    cpu = 0.0
    async with (
        plane.pull("BENCH", "all", LIMITS, deliver) as pulling,
        background_task(pulling.run()),
    ):
        say({"ready": True})
        while len(seen) < wanted:
            try:
                async with asyncio.timeout(QUIET_SECONDS):
                    message, at = await arrived.get()
            except TimeoutError:
                break
            cpu = cpu or time.process_time()
            headers = message.headers
            name = headers[ID_HEADER]
            if name.startswith(f"{run}/"):
                longest, last = (max(longest, at - last) if seen else 0), at
                if name in seen:
                    repeated += message.sequence in places
                    stored_twice += message.sequence not in places
                else:
                    seen.add(name)
                    ages.append(at - int(headers[SENT]))
                places.add(message.sequence)
            await message.ack()
            pulling.done(message)
        spent = time.process_time() - cpu
    ages.sort()
    return {
        "ended_nano": last,
        "cpu_seconds": spent,
        "delivered": len(seen),
        "repeated": repeated,
        "stored_twice": stored_twice,
        "longest_pause_seconds": longest / 1e9,
        "p50_ms": percentile(ages, 0.50) / 1e6,
        "p99_ms": percentile(ages, 0.99) / 1e6,
    }


def percentile(ordered: list[int], fraction: float) -> float:
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))] if ordered else 0.0


def say(result: Result) -> None:
    print(json.dumps(result), flush=True)


ROLES: Mapping[str, Callable[[DataPlane, Order], Awaitable[Result]]] = {
    "publish": publish,
    "pull": pull,
}


async def serve(kind: Kind, address: str, role: str) -> None:
    """Obey until there are no more orders."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        batching = Batching(**order["batching"]) if order.get("batching") else TUNED
        async with plane_of(kind, address, batching) as plane:
            say(await ROLES[role](plane, order))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", type=Kind)
    parser.add_argument("address")
    parser.add_argument("role", choices=ROLES)
    given = parser.parse_args()
    # To stderr: what goes to stdout is answers.
    logs.configure("bench", "warning")
    asyncio.run(serve(given.kind, given.address, given.role))


if __name__ == "__main__":
    main()
