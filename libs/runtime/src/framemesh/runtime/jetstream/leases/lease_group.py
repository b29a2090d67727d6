"""Leases of what a group of processes shares out: shards of a pipeline, or sinks of a mesh.

There is no coordinator: every process registers, sees the others, and computes the same assignment.
"""

import asyncio
from collections.abc import Callable, Collection

from framemesh.core.clock import Clock
from framemesh.core.leases.lease_member import (
    FAST_POLL_SECONDS,
    POLL_SECONDS,
    RENEW_SECONDS,
    LeaseActions,
    LeaseMember,
)
from framemesh.core.worker_speed import UNKNOWN_SPEED, WorkerSpeed
from framemesh.runtime.concurrency.run_until import run_until
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.jetstream.connection.broker import BrokerUnavailable
from framemesh.runtime.jetstream.leases.lease_bucket import LeaseBucket, LeaseConflict
from framemesh.runtime.jetstream.leases.lease_keeper import RESEND_SECONDS, Hold, LeaseKeeper
from framemesh.runtime.logs import get_logger

log = get_logger()


class LeaseGroup:
    """Leases this process's share of some numbers, and releases what is not its share."""

    def __init__(
        self,
        bucket: LeaseBucket,
        member: str,
        shards: Callable[[], Collection[int]],
        *,
        hold: Hold,
        clock: Clock,
        speed: Callable[[], WorkerSpeed] = lambda: UNKNOWN_SPEED,
    ) -> None:
        """
        Args:
            member: no other process has this name, nor had one before.
            shards: what is shared out, now; all members come to know the same.
            hold: runs once for each lease, concurrently.
            speed: what this process knows of its own; slower ones have fewer.
        """
        self._bucket = bucket
        self._shards = shards
        self._member = LeaseMember(member, shards(), clock)
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
                self._member.shards = frozenset(self._shards())
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
