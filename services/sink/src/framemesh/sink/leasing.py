"""Shares the sinks of a mesh out among the processes of this service."""

import asyncio
import secrets

from framemesh.core.clock import Clock
from framemesh.runtime.concurrency.run_until import cancel_when
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.leases.lease_bucket import LeaseBucket
from framemesh.runtime.jetstream.leases.lease_group import LeaseGroup
from framemesh.runtime.jetstream.leases.lease_keeper import Hold
from framemesh.runtime.jetstream.leases.replicas import lease_replicas
from framemesh.runtime.logs import get_logger
from framemesh.sink.roster import Roster

log = get_logger()

BUCKET = "framemesh-sink-leases"
BUCKET_BYTES = 1024 * 1024
"""Some 5,000 keys."""

GROUP = "sinks"
RETRY_SECONDS = 0.5


async def lease_sinks(
    broker: Broker, roster: Roster, *, name: str, hold: Hold, clock: Clock, stop: asyncio.Event
) -> None:
    """Lease a share of the sinks, and hold each, until `stop` is set. While there is no sink,
    nothing is leased or asked."""
    while await cancel_when(stop, roster.some()) and not stop.is_set():
        try:
            replicas = await lease_replicas(broker)
        except BrokerUnavailable as error:
            log.info("sinks cannot be leased, will try again", why=str(error))
            await asyncio.sleep(RETRY_SECONDS)
            continue
        bucket = LeaseBucket(
            broker, GROUP, 0, replicas, clock, bucket=BUCKET, max_bytes=BUCKET_BYTES
        )
        # An earlier process of the same name may be suspended instead of dead.
        member = f"{name.replace('.', '_')}-{secrets.token_hex(4)}"
        group = LeaseGroup(bucket, member, roster.numbers, hold=hold, clock=clock)
        await _run_while_needed(group, roster, stop)


async def _run_while_needed(group: LeaseGroup, roster: Roster, stop: asyncio.Event) -> None:
    ended = asyncio.Event()

    async def wait() -> None:
        await cancel_when(stop, roster.none())
        ended.set()

    async with TaskGroup() as tasks:
        tasks.create_task(wait())
        await group.run(ended)
