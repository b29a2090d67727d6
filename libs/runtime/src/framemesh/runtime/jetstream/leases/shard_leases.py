"""The shards that this process works on, while others work on the other shards.

Nobody assigns them: every worker announces itself, sees the others, and comes to the same share.
"""

import asyncio
import secrets

from framemesh.core.clock import Clock
from framemesh.core.leases.lease_member import (
    FAST_POLL_SECONDS,
    POLL_SECONDS,
    RENEW_SECONDS,
    LeaseActions,
    LeaseMember,
)
from framemesh.core.pipeline.generation import Generation
from framemesh.runtime.concurrency.run_until import run_until
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.leases.lease_bucket import LeaseBucket, LeaseConflict
from framemesh.runtime.jetstream.leases.lease_keeper import RESEND_SECONDS, Hold, LeaseKeeper
from framemesh.runtime.logs import get_logger

log = get_logger()


class ShardLeases:
    """Takes a worker's share of the shards of one generation, and gives up what is not its share.

    A shard of high priority belongs to the one of the same number: who has one has both.
    """

    def __init__(
        self,
        broker: Broker,
        pipeline: str,
        generation: Generation,
        *,
        replicas: int,
        worker: str,
        hold: Hold,
        clock: Clock,
    ) -> None:
        """
        Args:
            replicas: of the buffer; leases outlive as many brokers.
            hold: runs once for each shard that is taken, beside those of the others.
        """
        self._bucket = LeaseBucket(broker, pipeline, generation.number, replicas, clock)
        # The process before this one may have had the same name, and may not be dead but stopped.
        member = f"{worker}-{secrets.token_hex(4)}"
        shards = range(generation.streams * generation.shards)
        self._tenant = LeaseMember(member, shards, clock)
        self._hold = hold
        self._clock = clock
        self._tenures: dict[int, LeaseKeeper] = {}
        self._announced = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Hold a share until `stop` is set, then drain and release it all.

        Cancelled, it releases nothing: all expires, as it does when the process is killed. Raises
        an exception group with whatever a holder raised.
        """
        async with asyncio.TaskGroup() as tasks:
            await run_until(stop, self._announce(), self._follow(tasks))
            for tenure in self._tenures.values():
                tenure.drain()
            await self._withdraw()

    async def _announce(self) -> None:
        there: bool | None = None
        while True:
            try:
                if not there:
                    await self._bucket.ensure()
                await self._bucket.announce(self._tenant.member)
            except BrokerUnavailable as error:
                if there is not False:
                    log.warning("leases cannot be had, will try again", why=str(error))
                there = False
                await asyncio.sleep(RESEND_SECONDS)
            else:
                if there is False:
                    log.info("leases can be had")
                there = True
                self._announced.set()
                await asyncio.sleep(RENEW_SECONDS)

    async def _withdraw(self) -> None:
        try:
            await self._bucket.withdraw(self._tenant.member)
        except BrokerUnavailable as error:
            log.info("announcement is left to expire", why=str(error))

    async def _follow(self, tasks: asyncio.TaskGroup) -> None:
        await self._announced.wait()
        while True:
            soon = True
            try:
                steps = self._tenant.look(await self._bucket.look())
                await self._carry_out(steps, tasks)
                soon = steps.soon
            except BrokerUnavailable as error:
                log.debug("leases are not seen", why=str(error))
            await asyncio.sleep(FAST_POLL_SECONDS if soon else POLL_SECONDS)

    async def _carry_out(self, steps: LeaseActions, tasks: asyncio.TaskGroup) -> None:
        for shard in steps.end:
            self._tenures[shard].drain()
        for sequence in steps.forget:
            await self._bucket.delete(sequence)
        async with asyncio.TaskGroup() as taking:
            for shard in steps.take:
                taking.create_task(self._take(shard, tasks))

    async def _take(self, shard: int, tasks: asyncio.TaskGroup) -> None:
        asked_at = self._clock.monotonic()
        try:
            sequence = await self._bucket.take(shard, self._tenant.member)
        except (LeaseConflict, BrokerUnavailable) as error:
            log.debug("shard is not taken", shard=shard, why=str(error))
            return
        if term := self._tenant.taken(shard, sequence, asked_at):
            tenure = LeaseKeeper(self._bucket, self._tenant, term, self._hold, self._clock)
            self._tenures[shard] = tenure
            tasks.create_task(self._serve(shard, tenure))

    async def _serve(self, shard: int, tenure: LeaseKeeper) -> None:
        await tenure.run()
        del self._tenures[shard]
        self._tenant.ended(shard)
