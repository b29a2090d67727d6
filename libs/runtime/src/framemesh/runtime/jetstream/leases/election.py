"""One leader among the processes of a service, by a lease."""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable
from typing import NoReturn

from framemesh.core.clock import Clock
from framemesh.core.leases.lease_member import LeaseMember, LeaseTerm
from framemesh.core.leases.unchanged_keys import UnchangedKeys
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.leases.lease_bucket import LeaseBucket, LeaseConflict
from framemesh.runtime.jetstream.leases.lease_keeper import Hold, LeaseKeeper
from framemesh.runtime.jetstream.leases.replicas import lease_replicas
from framemesh.runtime.logs import get_logger

log = get_logger()

BUCKET = "framemesh-leaders"
BUCKET_BYTES = 64 * 1024
"""Of its own, beside that of shards: it is there from the start, and its bytes are reserved."""

LEADER = 0
"""The one shard of an election."""

CAMPAIGN_SECONDS = 0.5
"""Between two attempts. The lease of a leader that was killed ends 3 s after its last renewal."""

RELEASE_SECONDS = 1.0
"""For releasing the lease at the end; without an answer it is left to expire."""

Standby = Callable[[str], Awaitable[None]]
"""Called with the name of the leader, again and again while another process leads."""


class Election:
    """Campaigns for the lease of a service, and leads while it is held."""

    def __init__(
        self,
        broker: Broker,
        service: str,
        name: str,
        *,
        lead: Hold,
        standby: Standby,
        clock: Clock,
    ) -> None:
        """
        Args:
            service: all candidates have the same.
            name: of this candidate, for those that read who leads.
            lead: runs while this process leads, and is cancelled when it may not any more.
        """
        self._broker = broker
        self._service = service
        # An earlier process of the same name may be suspended instead of dead.
        self._member = LeaseMember(f"{name} {secrets.token_hex(4)}", [LEADER], clock)
        self._lead = lead
        self._standby = standby
        self._clock = clock
        self._unchanged: UnchangedKeys[int] = UnchangedKeys()

    async def run(self) -> NoReturn:
        """Lead whenever no other does, until cancelled; then the lease is released.

        Raises an exception group with the errors of `lead`.
        """
        bucket = await self._bucket()
        while True:
            term = await self._take(bucket)
            if term is None:
                await asyncio.sleep(CAMPAIGN_SECONDS)
                continue
            keeper = LeaseKeeper(bucket, self._member, term, self._lead, self._clock)
            log.info("leads", service=self._service, epoch=term.epoch)
            try:
                await keeper.run()
            except asyncio.CancelledError:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(RELEASE_SECONDS):
                        await keeper.release()
                raise
            finally:
                self._member.ended(LEADER)
            log.warning("leads no more", service=self._service, epoch=term.epoch)

    async def _bucket(self) -> LeaseBucket:
        while True:
            try:
                bucket = LeaseBucket(
                    self._broker,
                    self._service,
                    0,
                    await lease_replicas(self._broker),
                    self._clock,
                    bucket=BUCKET,
                    max_bytes=BUCKET_BYTES,
                )
                await bucket.ensure()
            except BrokerUnavailable as error:
                log.warning("cannot campaign, will try again", why=str(error))
                await asyncio.sleep(CAMPAIGN_SECONDS)
            else:
                return bucket

    async def _take(self, bucket: LeaseBucket) -> LeaseTerm | None:
        asked_at = self._clock.monotonic()
        try:
            sequence = await bucket.take(LEADER, self._member.member)
        except LeaseConflict:
            await self._stand_by(bucket)
            return None
        except BrokerUnavailable as error:
            log.debug("no answer to a campaign", why=str(error))
            return None
        return self._member.taken(LEADER, sequence, asked_at)

    async def _stand_by(self, bucket: LeaseBucket) -> None:
        try:
            entry = await bucket.get(LEADER)
        except BrokerUnavailable:
            return
        if entry is None:
            return
        if entry.member == self._member.member:
            # Written by this process, with the answer lost: it is nobody's.
            with contextlib.suppress(BrokerUnavailable):
                await bucket.delete(entry.sequence)
            return
        if self._unchanged.outdated({LEADER: entry.sequence}, self._clock.monotonic()):
            with contextlib.suppress(BrokerUnavailable):
                await bucket.delete(entry.sequence)
            return
        await self._standby(entry.member.rpartition(" ")[0])
