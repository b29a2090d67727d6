"""Leases of the shards that this worker should have; the workers of a pipeline share them all.

There is no coordinator: every worker registers, sees the others, and computes the same assignment.
"""

import asyncio
import secrets
from collections.abc import Callable

from framemesh.core.clock import Clock
from framemesh.core.leases.lease_member import (
    FAST_POLL_SECONDS,
    POLL_SECONDS,
    RENEW_SECONDS,
    LeaseActions,
    LeaseMember,
)
from framemesh.core.pipeline.generation import Generation
from framemesh.core.worker_speed import UNKNOWN_SPEED, WorkerSpeed
from framemesh.runtime.concurrency.run_until import run_until
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.leases.lease_bucket import LeaseBucket, LeaseConflict
from framemesh.runtime.jetstream.leases.lease_keeper import RESEND_SECONDS, Hold, LeaseKeeper
from framemesh.runtime.logs import get_logger

log = get_logger()


class ShardLeases:
    """Leases a worker's share of the shards of one generation, and releases what is not its share.

    The high-priority shard of the same number belongs to the same lease.
    """

    def __init__(
        self,
        broker: Broker,
        pipeline: str,
        generation: Generation,
        *,
        canary: bool = False,
        replicas: int,
        worker: str,
        hold: Hold,
        clock: Clock,
        speed: Callable[[], WorkerSpeed] = lambda: UNKNOWN_SPEED,
    ) -> None:
        """
        Args:
            canary: whether it is the shards of its canary that are shared, or all others.
            replicas: of the buffer; the bucket of leases gets at least as many.
            hold: runs once for each leased shard, concurrently.
            speed: what this worker knows of its own; slower ones have fewer shards.
        """
        self._bucket = LeaseBucket(
            broker, pipeline, generation.number, replicas, clock, canary=canary
        )
        # An earlier process of the same name may be suspended instead of dead.
        member = f"{worker}-{secrets.token_hex(4)}"
        shards = range(generation.streams * generation.shards)
        self._member = LeaseMember(member, shards, clock)
        self._hold = hold
        self._clock = clock
        self._speed = speed
        self._keepers: dict[int, LeaseKeeper] = {}
        self._announced = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Hold a share until `stop` is set, then drain and release all shards.

        Cancelled, it releases nothing: the leases expire, as those of a killed process. Raises an
        exception group with the errors of holders.
        """
        async with TaskGroup() as tasks:
            await run_until(stop, self._announce(), self._follow(tasks))
            for keeper in self._keepers.values():
                keeper.drain()
            await self._withdraw()

    async def _announce(self) -> None:
        there: bool | None = None
        while True:
            try:
                if not there:
                    await self._bucket.ensure()
                await self._bucket.announce(self._member.member, self._speed())
            except BrokerUnavailable as error:
                if there is not False:
                    log.warning("leases are unavailable, will try again", why=str(error))
                there = False
                await asyncio.sleep(RESEND_SECONDS)
            else:
                if there is False:
                    log.info("leases are available")
                there = True
                self._announced.set()
                await asyncio.sleep(RENEW_SECONDS)

    async def _withdraw(self) -> None:
        try:
            await self._bucket.withdraw(self._member.member)
        except BrokerUnavailable as error:
            log.info("registration is left to expire", why=str(error))

    async def _follow(self, tasks: TaskGroup) -> None:
        await self._announced.wait()
        while True:
            soon = True
            try:
                actions = self._member.decide(await self._bucket.snapshot())
                await self._carry_out(actions, tasks)
                soon = actions.soon
            except BrokerUnavailable as error:
                log.debug("leases cannot be read", why=str(error))
            await asyncio.sleep(FAST_POLL_SECONDS if soon else POLL_SECONDS)

    async def _carry_out(self, actions: LeaseActions, tasks: TaskGroup) -> None:
        for shard in actions.end:
            self._keepers[shard].drain()
        for sequence in actions.forget:
            await self._bucket.delete(sequence)
        async with TaskGroup() as taking:
            for shard in actions.take:
                taking.create_task(self._take(shard, tasks))

    async def _take(self, shard: int, tasks: TaskGroup) -> None:
        asked_at = self._clock.monotonic()
        try:
            sequence = await self._bucket.take(shard, self._member.member)
        except (LeaseConflict, BrokerUnavailable) as error:
            log.debug("shard was not leased", shard=shard, why=str(error))
            return
        if term := self._member.taken(shard, sequence, asked_at):
            keeper = LeaseKeeper(self._bucket, self._member, term, self._hold, self._clock)
            self._keepers[shard] = keeper
            tasks.create_task(self._serve(shard, keeper))

    async def _serve(self, shard: int, keeper: LeaseKeeper) -> None:
        await keeper.run()
        del self._keepers[shard]
        self._member.ended(shard)
