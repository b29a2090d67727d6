"""A worker that holds one shard, pulls its frames and acks none; it says so line by line."""

import asyncio
import json
import sys
from collections.abc import Awaitable
from dataclasses import replace

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.generation import Shard
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.leases.lease_keeper import Lease
from framemesh.runtime.jetstream.leases.shard_leases import ShardLeases
from framemesh.runtime.jetstream.leases.takeover import take_over
from tests.integration.leases.conftest import GENERATION
from tests.integration.leases.pulling import pulling

ONE_SHARD = replace(GENERATION, shards=1)
SHARD = Shard("street", ONE_SHARD.number, stream=0, number=0)


def say(**facts: object) -> None:
    print(json.dumps(facts), flush=True)  # noqa: T201  to its log, which the test reads


async def hold(connected: Broker, lease: Lease) -> None:
    consumer = await take_over(connected, SHARD, lease.epoch, lease.member)
    say(taken=lease.epoch)
    try:
        async with pulling(connected, consumer) as pulled:
            seen = 0
            while not lease.draining.is_set():
                for sequence in pulled.sequences[seen:]:
                    seen += 1
                    say(frame=sequence, certain=lease.certain)
                await asyncio.sleep(0.01)
    finally:
        say(ended=lease.epoch, certain=lease.certain)


async def run(url: str) -> None:
    async with broker(url, "holder") as connected:

        def work(lease: Lease) -> Awaitable[None]:
            return hold(connected, lease)

        leases = ShardLeases(
            connected,
            "street",
            ONE_SHARD,
            replicas=1,
            worker="holder",
            hold=work,
            clock=SystemClock(),
        )
        await leases.run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
