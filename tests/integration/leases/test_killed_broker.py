"""A nats-server that is killed brings back members that had left; the others do not count them."""

import asyncio
from pathlib import Path

import psutil
import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.leases.lease_member import RENEW_SECONDS, LeaseMember
from framemesh.core.leases.unchanged_keys import OUTDATED_SECONDS
from framemesh.runtime.jetstream.connection.broker import broker
from framemesh.runtime.jetstream.leases.lease_bucket import LeaseBucket
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from framemesh.runtime.processes.ports import free_block

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

INDEX_SECONDS = 130.0
"""After its start a nats-server has written the state of its streams, from which it goes on when it
is started again; what it removed since then it does not know of."""


async def test_members_that_had_left_are_counted_no_more(tmp_path: Path) -> None:
    server, log = NatsServer(tmp_path / "nats", free_block(1)), tmp_path / "nats.log"
    async with running_nats_server(server, log), broker(server.url, "leases") as nats:
        bucket = LeaseBucket(nats, "street", 1, 1, SystemClock())
        await bucket.ensure()
        async with asyncio.timeout(INDEX_SECONDS + 30):
            await come_and_go(bucket, INDEX_SECONDS)
        (process,) = [each for each in psutil.Process().children() if "nats" in each.name()]
        process.kill()
    async with running_nats_server(server, log), broker(server.url, "leases") as nats:
        bucket = LeaseBucket(nats, "street", 1, 1, SystemClock())
        member = LeaseMember("stays", [0, 1, 2], SystemClock())
        returned = (await bucket.snapshot()).members.keys() - {"stays"}
        async with asyncio.timeout(3 * OUTDATED_SECONDS):
            while True:
                await bucket.announce("stays")
                actions = member.decide(await bucket.snapshot())
                for sequence in actions.forget:
                    await bucket.delete(sequence)
                if actions.take == (0, 1, 2):
                    break
                await asyncio.sleep(RENEW_SECONDS / 2)
        assert (await bucket.snapshot()).members.keys() == {"stays"}
        assert returned, "this nats-server keeps what it removed: the rule is not needed any more"


async def come_and_go(bucket: LeaseBucket, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    end, number = loop.time() + seconds, 0
    while loop.time() < end:
        for _ in range(3):
            await bucket.announce("stays")
            await bucket.announce(f"leaves-{number}")
            await asyncio.sleep(0.5)
        await bucket.withdraw(f"leaves-{number}")
        number += 1
