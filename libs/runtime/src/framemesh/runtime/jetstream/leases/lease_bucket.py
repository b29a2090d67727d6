"""The bucket of leases: a key with a time to live for each worker, and one for each shard in hand.

A stream that looks like a key-value bucket, so that `nats kv` shows it. It has no markers for what
was deleted or expired: with one in its place, a key would not be free.
"""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import replace

from framemesh.core.clock import Clock
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.leases.lease_member import TTL_SECONDS, BucketSnapshot, LeaseEntry, LeaseTerm
from framemesh.runtime.jetstream.api.errors import (
    ApiError,
    MessageNotFound,
    StreamNameInUse,
    StreamNotFound,
    WrongLastSequence,
    retryable,
)
from framemesh.runtime.jetstream.api.headers import EXPECTED_LAST_ON_SUBJECT, MESSAGE_TTL
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.key_value import bucket_stream
from framemesh.runtime.jetstream.api.messages import StoredMessage
from framemesh.runtime.jetstream.api.streams import StreamConfig
from framemesh.runtime.jetstream.connection.broker import Broker

BUCKET = "framemesh-leases"
STREAM = bucket_stream(BUCKET)

MAX_BYTES = 16 * 1024 * 1024
"""Some 80,000 keys."""

ANSWER_TIMEOUT_SECONDS = 0.6
"""How long an answer may take: a lease has time for two that do not come, and a third."""


class LeaseConflict(FramemeshError):
    """The entry of a shard is not what the writer took it for."""

    code = Code.CONFLICT


class LeaseBucket:
    """The keys of one generation of a pipeline.

    Every method raises BrokerUnavailable where no answer comes in time, or one that says that the
    broker cannot at the moment; what was asked for may then be done or not.
    """

    def __init__(
        self, broker: Broker, pipeline: str, generation: int, replicas: int, clock: Clock
    ) -> None:
        self._jetstream = JetStream(broker, ANSWER_TIMEOUT_SECONDS)
        self._replicas = replicas
        self._clock = clock
        self._members = f"$KV.{BUCKET}.{pipeline}.{generation}.members."
        self._shards = f"$KV.{BUCKET}.{pipeline}.{generation}.shards."

    async def ensure(self) -> None:
        """Make the bucket if it is not there, with as many replicas as the buffer at least."""
        streams = self._jetstream.streams
        with retryable("cannot make the bucket of leases"):
            try:
                config = (await streams.info(STREAM)).config
            except StreamNotFound:
                # Somebody else may make it meanwhile, with other replicas.
                with contextlib.suppress(StreamNameInUse):
                    await streams.create(self._config())
            else:
                if config.replicas < self._replicas:
                    await streams.update(replace(config, replicas=self._replicas))

    async def look(self) -> BucketSnapshot:
        """All keys of the generation. Any replica answers, so they may be a little behind."""
        members = await self._last(self._members)
        shards = await self._last(self._shards)
        return BucketSnapshot(
            frozenset(members),
            {int(shard): _entry(message) for shard, message in shards.items()},
        )

    async def announce(self, member: str) -> None:
        """Say that `member` is there, for TTL_SECONDS."""
        await self._write(f"{self._members}{member}", b"", {})

    async def withdraw(self, member: str) -> None:
        """Say that `member` leaves."""
        with retryable("cannot withdraw"):
            await self._jetstream.streams.purge(STREAM, f"{self._members}{member}")

    async def take(self, shard: int, member: str) -> int:
        """Take a shard for TTL_SECONDS; returns the sequence of its entry.

        Raises:
            LeaseConflict: it is not free.
        """
        return await self._write_shard(shard, member, epoch=0, expected=0)

    async def renew(self, term: LeaseTerm, member: str) -> int:
        """Keep a shard for TTL_SECONDS from now; returns the new sequence of its entry.

        Raises:
            LeaseConflict: the sequence of its entry is not what `term` says.
        """
        return await self._write_shard(term.shard, member, epoch=term.epoch, expected=term.sequence)

    async def get(self, shard: int) -> LeaseEntry | None:
        """The entry of a shard as the replica that leads has it; None where it is free."""
        with retryable(f"cannot read shard {shard}"):
            try:
                return _entry(await self._jetstream.messages.last(STREAM, f"{self._shards}{shard}"))
            except MessageNotFound:
                return None

    async def delete(self, sequence: int) -> None:
        """Make a shard free at once, if its entry still has this sequence."""
        # Should somebody else have the shard by now, this finds nothing to delete.
        with contextlib.suppress(ApiError):
            await self._jetstream.messages.delete(STREAM, sequence)

    def _config(self) -> StreamConfig:
        return StreamConfig(
            name=STREAM,
            subjects=(f"$KV.{BUCKET}.>",),
            # Not memory: who starts a broker again must find all leases that somebody holds.
            storage="file",
            max_messages_per_subject=1,
            max_bytes=MAX_BYTES,
            # The other would make room by taking a lease from its holder.
            discard="new",
            replicas=self._replicas,
            allow_message_ttl=True,
            allow_direct=True,
            # Epochs are sequences: in microseconds, they go on where those of a bucket ended that
            # somebody deleted.
            first_sequence=self._clock.unix_nano() // 1000,
        )

    async def _last(self, prefix: str) -> dict[str, StoredMessage]:
        """The keys below `prefix`, without it, and their values."""
        with retryable("cannot read the leases"):
            found = await self._jetstream.messages.direct_last_of_each(STREAM, f"{prefix}*")
        return {message.subject.removeprefix(prefix): message for message in found}

    async def _write_shard(self, shard: int, member: str, *, epoch: int, expected: int) -> int:
        value = json.dumps({"member": member, "epoch": epoch}).encode()
        expectation = {EXPECTED_LAST_ON_SUBJECT: str(expected)}
        return await self._write(f"{self._shards}{shard}", value, expectation)

    async def _write(self, key: str, value: bytes, expectation: Mapping[str, str]) -> int:
        headers = {MESSAGE_TTL: str(TTL_SECONDS), **expectation}
        with retryable(f"cannot write {key}"):
            try:
                return await self._jetstream.messages.store(key, value, headers)
            except WrongLastSequence as error:
                raise LeaseConflict(f"{key}: {error.description}") from error


def _entry(message: StoredMessage) -> LeaseEntry:
    fields = json.loads(message.payload)
    # The first write of a term cannot know its own sequence.
    return LeaseEntry(fields["member"], fields["epoch"] or message.sequence, message.sequence)
