"""Taking a shard over from its former holder: a consumer of one's own in place of the former one.

Deleting a consumer ends all that its holder has under way at the broker, though that holder may be
stopped and know nothing of it: its requests for more, and its right to ack what it got. The new
consumer begins with the oldest frame that nobody acked.
"""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass

from framemesh.core.leases.lease_member import LeaseLost
from framemesh.core.pipeline.generation import Shard
from framemesh.runtime.jetstream.api.errors import (
    ConsumerNotFound,
    StreamNotFound,
    retryable,
)
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.consume.ordered_reader import StreamGone
from framemesh.runtime.jetstream.consume.shard_consumer import shard_consumer_config
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import shard_consumer, shard_stream

log = get_logger()

RETRY_SECONDS = 0.2
"""Before a takeover that the broker did not answer is tried again."""

ANSWER_TIMEOUT_SECONDS = 1.0
"""How long an answer may take before the question is asked again. From three brokers of which one
has just died, many questions get none, though they are carried out."""

SUSPECTS_TO, HOLDER, HAD_TO = "framemesh.suspects_to", "framemesh.holder", "framemesh.had_to"
"""The metadata of a consumer that remembers `ShardConsumer.suspects_to`, who made it, and the last
sequence that was delivered to him before."""


@dataclass(frozen=True, slots=True)
class ExclusiveConsumer:
    """The consumer that one holder of a shard pulls from, and no other."""

    stream: str
    name: str
    suspects_to: int
    """The last sequence that was delivered to another holder: a frame up to it that was not sealed
    may be why that one died. Deliveries cannot tell, as each consumer counts from 1."""


async def take_over(broker: Broker, shard: Shard, epoch: int, holder: str) -> ExclusiveConsumer:
    """Make the consumer of a shard for `holder`, who has its lease of `epoch`, in place of another.

    It delivers all frames of the shard that are not acked, in the order of the stream: first those
    that the former holder had. A holder may ask for another one in the same lease. It does so when
    a connection broke, and with it messages that were on their way: they would come again only
    after newer ones. Acks of what an earlier consumer delivered count for nothing, so those frames
    come again too.

    Tries for as long as the broker does not answer; the end of the lease ends that.

    Raises:
        LeaseLost: somebody with a later lease was here.
        StreamGone: the buffer was deleted.
    """
    takeover = _Takeover(broker, shard, epoch, holder)
    while True:
        try:
            return await takeover.attempt()
        except BrokerUnavailable as error:
            log.info("takeover is tried again", shard=shard.number, epoch=epoch, why=str(error))
        await asyncio.sleep(RETRY_SECONDS)


@dataclass(frozen=True, slots=True)
class _Former:
    """A consumer that is there already."""

    name: str
    epoch: int
    opening: int
    """The how-manieth of one lease."""


class _Takeover:
    """May be attempted again and again, whatever became of the last attempt."""

    def __init__(self, broker: Broker, shard: Shard, epoch: int, holder: str) -> None:
        self._consumers = JetStream(broker, ANSWER_TIMEOUT_SECONDS).consumers
        self._shard = shard
        self._stream = shard_stream(shard)
        self._name = shard_consumer(shard)
        self._epoch = epoch
        self._holder = holder
        self._opening = 1
        self._suspects_to = 0
        self._had_to = 0
        self._asked_for = ""
        """Our own consumer, which may be there though nobody said so."""

    async def attempt(self) -> ExclusiveConsumer:
        with retryable(f"cannot take {self._name} over"):
            try:
                return await self._attempt()
            except StreamNotFound as error:
                raise StreamGone(f"stream {self._stream} does not exist") from error

    async def _attempt(self) -> ExclusiveConsumer:
        for former in await self._former():
            if former.epoch > self._epoch:
                raise LeaseLost(
                    f"{self._stream}: {former.name} is of a later lease than {self._epoch}"
                )
            # Our own is not made anew: after the death of a server, the others may need seconds to
            # agree on a leader for it.
            if former.name != self._asked_for:
                await self._learn(former)
                with suppress(ConsumerNotFound):
                    await self._consumers.delete(self._stream, former.name)
        return await self._create()

    async def _former(self) -> list[_Former]:
        # One page: it has 1024 names, and a stream no more than 128 shards.
        names = await self._consumers.names(self._stream)
        # One without an epoch was made for all workers together.
        mine = re.compile(rf"{self._name}(?:-(\d+)-(\d+))?")
        found = filter(None, map(mine.fullmatch, names))
        return [_Former(name[0], int(name[1] or 0), int(name[2] or 0)) for name in found]

    async def _learn(self, former: _Former) -> None:
        """Keep what the consumer knows and nobody else."""
        if former.epoch == self._epoch:
            self._opening = max(self._opening, former.opening + 1)
        try:
            info = await self._consumers.info(self._stream, former.name)
        except ConsumerNotFound:
            return
        except BrokerUnavailable as error:
            # Its server died: a better reason than a frame why a holder is gone.
            log.info("suspects are not known", consumer=former.name, why=str(error))
            return
        known = int(info.metadata.get(SUSPECTS_TO, 0))
        # What was delivered to us did not kill us. A lease is lost and had again where three
        # brokers elect: then all that we have comes once more, and much of it had its outcome.
        had_to = max(info.delivered_stream_sequence, int(info.metadata.get(HAD_TO, 0)))
        if info.metadata.get(HOLDER) == self._holder:
            self._had_to = max(self._had_to, had_to)
            had_to = 0
        self._suspects_to = max(self._suspects_to, known, had_to)

    async def _create(self) -> ExclusiveConsumer:
        name = self._asked_for or f"{self._name}-{self._epoch}-{self._opening}"
        self._asked_for = name
        metadata = {
            SUSPECTS_TO: str(self._suspects_to),
            HOLDER: self._holder,
            HAD_TO: str(self._had_to),
        }
        # Refused while another one has the subjects: that of an earlier holder that came late.
        config = shard_consumer_config(self._shard, name, metadata)
        await self._consumers.create(self._stream, config)
        return ExclusiveConsumer(self._stream, name, self._suspects_to)
