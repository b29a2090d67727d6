"""Takes a shard over from its former holder by replacing its consumer.

Deleting a consumer ends all pull requests and acks of its holder at the broker, even if that holder
is suspended and does not notice. The new consumer begins with the oldest frame without an ack.
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
"""Before a takeover without an answer is repeated."""

ANSWER_TIMEOUT_SECONDS = 1.0
"""For one request, before it is sent again. Just after one of three brokers died, many requests get
no answer although they are carried out."""

SUSPECTS_TO = "framemesh.suspects_to"
HOLDER = "framemesh.holder"
DELIVERED_TO = "framemesh.delivered_to"
"""Metadata of a consumer: `ExclusiveConsumer.suspects_to`, its holder, and the last sequence number
that was delivered to that holder before by earlier consumers."""


@dataclass(frozen=True, slots=True)
class ExclusiveConsumer:
    """The consumer of a shard that only the holder of its lease pulls from."""

    stream: str
    name: str
    suspects_to: int
    """The last sequence number that was delivered to another holder. A frame up to it without an
    outcome may have killed that holder; its number of deliveries does not show that, as each
    consumer counts from 1."""


async def take_over(broker: Broker, shard: Shard, epoch: int, holder: str) -> ExclusiveConsumer:
    """Create the consumer of a shard for `holder`, whose lease has this `epoch`.

    It replaces earlier consumers, and delivers all frames of the shard without an ack in the order
    of the stream: first those of the former holder. A holder may create another one in the same
    lease. It does so after a lost connection, since messages that were on their way would come
    again only after newer ones. Acks for deliveries of an earlier consumer are ignored, so those
    frames come again too.

    Repeats until the broker answers; the caller cancels it when the lease ends.

    Raises:
        LeaseLost: there is a consumer of a later lease.
        StreamGone: the buffer was deleted.
    """
    takeover = _Takeover(broker, shard, epoch, holder)
    while True:
        try:
            return await takeover.attempt()
        except BrokerUnavailable as error:
            log.info(
                "takeover failed, will try again", shard=shard.number, epoch=epoch, why=str(error)
            )
        await asyncio.sleep(RETRY_SECONDS)


@dataclass(frozen=True, slots=True)
class _Former:
    """An existing consumer of the shard."""

    name: str
    epoch: int
    ordinal: int
    """Ordinal of the consumer in its lease, from 1; 0: not made for a lease."""


class _Takeover:
    """One takeover; `attempt` may be repeated, even if the last one succeeded without an answer."""

    def __init__(self, broker: Broker, shard: Shard, epoch: int, holder: str) -> None:
        self._consumers = JetStream(broker, ANSWER_TIMEOUT_SECONDS).consumers
        self._shard = shard
        self._stream = shard_stream(shard)
        self._name = shard_consumer(shard)
        self._epoch = epoch
        self._holder = holder
        self._ordinal = 1
        self._suspects_to = 0
        self._delivered_to = 0
        self._own_name = ""
        """Name of our own consumer, once it was requested: it may exist without an answer."""

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
            # Our own is not replaced: after the death of a server, a new consumer may need seconds
            # for the election of its leader.
            if former.name != self._own_name:
                await self._learn(former)
                with suppress(ConsumerNotFound):
                    await self._consumers.delete(self._stream, former.name)
        return await self._create()

    async def _former(self) -> list[_Former]:
        # One page is enough: it has 1024 names, and a stream at most 256 shards.
        names = await self._consumers.names(self._stream)
        # A consumer without an epoch was made for all workers together.
        mine = re.compile(rf"{self._name}(?:-(\d+)-(\d+))?")
        found = filter(None, map(mine.fullmatch, names))
        return [_Former(name[0], int(name[1] or 0), int(name[2] or 0)) for name in found]

    async def _learn(self, former: _Former) -> None:
        """Read what only the metadata and state of the former consumer contain."""
        if former.epoch == self._epoch:
            self._ordinal = max(self._ordinal, former.ordinal + 1)
        try:
            info = await self._consumers.info(self._stream, former.name)
        except ConsumerNotFound:
            return
        except BrokerUnavailable as error:
            # Its server died, which explains the end of its holder better than a frame does.
            log.info("suspects are unknown", consumer=former.name, why=str(error))
            return
        known = int(info.metadata.get(SUSPECTS_TO, 0))
        # What was delivered to us did not kill us. During elections a lease may be lost and taken
        # again by the same worker: then all its frames come again, many of them with an outcome.
        delivered_to = max(info.delivered_stream_sequence, int(info.metadata.get(DELIVERED_TO, 0)))
        if info.metadata.get(HOLDER) == self._holder:
            self._delivered_to = max(self._delivered_to, delivered_to)
            delivered_to = 0
        self._suspects_to = max(self._suspects_to, known, delivered_to)

    async def _create(self) -> ExclusiveConsumer:
        name = self._own_name or f"{self._name}-{self._epoch}-{self._ordinal}"
        self._own_name = name
        metadata = {
            SUSPECTS_TO: str(self._suspects_to),
            HOLDER: self._holder,
            DELIVERED_TO: str(self._delivered_to),
        }
        # Refused while another consumer has the subjects: a late one of an earlier holder.
        config = shard_consumer_config(self._shard, name, metadata)
        await self._consumers.create(self._stream, config)
        return ExclusiveConsumer(self._stream, name, self._suspects_to)
