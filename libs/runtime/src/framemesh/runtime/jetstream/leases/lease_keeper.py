"""The lease of one shard in this process, from its first entry to its release."""

import asyncio
import math
from collections.abc import Awaitable, Callable

from framemesh.core.clock import Clock
from framemesh.core.leases.lease_member import RENEW_SECONDS, LeaseLost, LeaseMember, LeaseTerm
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.connection.broker import BrokerUnavailable
from framemesh.runtime.jetstream.leases.lease_bucket import LeaseBucket, LeaseConflict
from framemesh.runtime.logs import get_logger

log = get_logger()

DRAIN_TIMEOUT_SECONDS = 5.0
"""For work in progress in a shard that moves. The next holder waits meanwhile, and repeats
unfinished work. A worker that stops has 8 s in all."""

RESEND_SECONDS = 0.1
"""Before a failed renewal is repeated: a lease has time for three attempts."""


class Lease:
    """The right of a worker to one shard, as passed to the code that works on it."""

    def __init__(self, term: LeaseTerm, member: str, clock: Clock) -> None:
        self._term = term
        self.member = member
        """Name of this worker process; no earlier or other process has it."""
        self._clock = clock
        self.draining = asyncio.Event()
        """Set when the shard is to move: take no new work, finish work in progress, and return."""

    @property
    def shard(self) -> int:
        """Number of the shard."""
        return self._term.shard

    @property
    def epoch(self) -> int:
        """Fencing token: a later lease of the same shard has a higher one."""
        return self._term.epoch

    @property
    def certain(self) -> bool:
        """Whether no other worker can hold the shard at this moment, by the local clock alone.

        Check it before anything that must not be done twice: the process may have been suspended.
        """
        return self._clock.monotonic() < self._term.certain_until


Hold = Callable[[Lease], Awaitable[None]]
"""Works on a shard until `draining` is set. Cancelled when the lease is lost, or
DRAIN_TIMEOUT_SECONDS after `draining` was set."""


class LeaseKeeper:
    """Renews a lease while its holder works, and releases it."""

    def __init__(
        self, bucket: LeaseBucket, member: LeaseMember, term: LeaseTerm, hold: Hold, clock: Clock
    ) -> None:
        self._bucket = bucket
        self._term = term
        self._hold = hold
        self._clock = clock
        self._lease = Lease(term, member.member, clock)
        self._drain_until = math.inf
        self._deadline: asyncio.Timeout | None = None
        """Deadline of the holder; None while it does not run."""

    def drain(self) -> None:
        """Tell the holder to finish, within DRAIN_TIMEOUT_SECONDS."""
        if not self._lease.draining.is_set():
            self._lease.draining.set()
            self._drain_until = self._clock.monotonic() + DRAIN_TIMEOUT_SECONDS
            self._set_deadline()

    async def run(self) -> None:
        """Run the holder, then release the shard, also after an error of the holder.

        Cancelled, it releases nothing: the lease expires. Raises the errors of the holder.
        """
        facts = {"shard": self._term.shard, "epoch": self._term.epoch}
        log.info("shard leased", **facts)
        async with background_task(self._renew()):
            await self._work()
        if self._lease.certain:
            await self.release()
            log.info("shard released", **facts)
        else:
            log.warning("lease lost", **facts)

    async def _work(self) -> None:
        try:
            await self._hold_until_deadline()
        # A holder may have several tasks, each of which may find that the lease is lost.
        except* LeaseLost as error:
            log.warning(
                "lease was taken over", shard=self._term.shard, why=str(error.exceptions[0])
            )

    async def _hold_until_deadline(self) -> None:
        try:
            async with asyncio.timeout(None) as self._deadline:
                self._set_deadline()
                await self._hold(self._lease)
        except TimeoutError:
            if self._deadline is None or not self._deadline.expired():
                raise
        finally:
            self._deadline = None

    def _set_deadline(self) -> None:
        if self._deadline is not None and not self._deadline.expired():
            end = min(self._term.certain_until, self._drain_until)
            left = max(0.0, end - self._clock.monotonic())
            self._deadline.reschedule(asyncio.get_running_loop().time() + left)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            while not await self._renewed():
                self._set_deadline()
                await asyncio.sleep(RESEND_SECONDS)
            self._set_deadline()

    async def _renewed(self) -> bool:
        asked_at = self._clock.monotonic()
        try:
            self._term.renewed(await self._bucket.renew(self._term, self._lease.member), asked_at)
        except LeaseConflict:
            await self._reload()
        except BrokerUnavailable as error:
            log.debug("renewal got no answer", shard=self._term.shard, error=str(error))
        else:
            return True
        return False

    async def _reload(self) -> None:
        try:
            self._term.renewal_refused(await self._bucket.get(self._term.shard), self._lease.member)
        except BrokerUnavailable as error:
            log.debug("entry cannot be read", shard=self._term.shard, error=str(error))

    async def release(self) -> None:
        """Free the shard, if its entry is still of this lease."""
        self._term.invalidate()
        try:
            # Not by the known sequence number: the last renewal may have been cancelled halfway.
            entry = await self._bucket.get(self._term.shard)
            if entry is not None and self._term.wrote(entry, self._lease.member):
                await self._bucket.delete(entry.sequence)
        except BrokerUnavailable as error:
            log.info("lease is left to expire", shard=self._term.shard, error=str(error))
