"""The bucket of leases: a key with a time to live for each worker, and for each leased shard.

A stream with the layout of a key-value bucket, so that `nats kv` shows it. Deleted and expired keys
leave no markers: a key with a marker would not be free.
"""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import replace

from framemesh.core.clock import Clock
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.leases.lease_member import TTL_SECONDS, BucketSnapshot, LeaseEntry, LeaseTerm
from framemesh.core.worker_speed import UNKNOWN_SPEED, WorkerSpeed
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
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.speed_message import speed_from_payload, speed_payload

log = get_logger()

BUCKET = "framemesh-leases"
STREAM = bucket_stream(BUCKET)

MAX_BYTES = 16 * 1024 * 1024
"""Some 80,000 keys."""

UNREADABLE_MEMBER = "?"
"""Stands for who wrote an entry that no version of this software has. No member is called so."""

ANSWER_TIMEOUT_SECONDS = 0.6
"""For one request: a lease has time for three attempts."""


class LeaseConflict(FramemeshError):
    """The entry of a shard was changed by another writer."""

    code = Code.CONFLICT


class LeaseBucket:
    """The keys of one generation of a pipeline.

    Every method raises BrokerUnavailable when the broker does not answer in time, or cannot at the
    moment; the request may have been carried out.
    """

    def __init__(
        self,
        broker: Broker,
        pipeline: str,
        generation: int,
        replicas: int,
        clock: Clock,
        *,
        canary: bool = False,
        bucket: str = BUCKET,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        """`canary`: those of the shards of its canary, whose workers share no others."""
        self._jetstream = JetStream(broker, ANSWER_TIMEOUT_SECONDS)
        self._replicas = replicas
        self._clock = clock
        self._bucket = bucket
        self._stream = bucket_stream(bucket)
        self._max_bytes = max_bytes
        self._told_newer = False
        group = f"{generation}-canary" if canary else f"{generation}"
        self._members = f"$KV.{bucket}.{pipeline}.{group}.members."
        self._shards = f"$KV.{bucket}.{pipeline}.{group}.shards."

    async def ensure(self) -> None:
        """Create the bucket if it is missing, with at least as many replicas as the buffer."""
        streams = self._jetstream.streams
        with retryable("cannot make the bucket of leases"):
            try:
                config = (await streams.info(self._stream)).config
            except StreamNotFound:
                # Another worker may create it meanwhile, with other replicas.
                with contextlib.suppress(StreamNameInUse):
                    await streams.create(self._config())
            else:
                if config.replicas < self._replicas:
                    await streams.update(replace(config, replicas=self._replicas))

    async def snapshot(self) -> BucketSnapshot:
        """All keys of the generation. Any replica answers, which may be milliseconds behind."""
        members = await self._last(self._members)
        shards = await self._last(self._shards)
        return BucketSnapshot(
            {name: speed_from_payload(message.payload) for name, message in members.items()},
            {int(shard): self._entry(message) for shard, message in shards.items()},
            {name: message.sequence for name, message in members.items()},
        )

    async def announce(self, member: str, speed: WorkerSpeed = UNKNOWN_SPEED) -> None:
        """Register `member` for TTL_SECONDS."""
        await self._write(f"{self._members}{member}", speed_payload(speed), {})

    async def withdraw(self, member: str) -> None:
        """Remove the registration of `member`."""
        with retryable("cannot withdraw"):
            await self._jetstream.streams.purge(self._stream, f"{self._members}{member}")

    async def take(self, shard: int, member: str) -> int:
        """Lease a shard for TTL_SECONDS; returns the sequence number of its entry.

        Raises:
            LeaseConflict: another worker holds it.
        """
        return await self._write_shard(shard, member, epoch=0, expected=0)

    async def renew(self, term: LeaseTerm, member: str) -> int:
        """Renew a lease for TTL_SECONDS from now; returns the new sequence number of its entry.

        Raises:
            LeaseConflict: its entry has another sequence number than `term` says.
        """
        return await self._write_shard(term.shard, member, epoch=term.epoch, expected=term.sequence)

    async def get(self, shard: int) -> LeaseEntry | None:
        """The entry of a shard, from the leader of the bucket; None: the shard is free."""
        with retryable(f"cannot read shard {shard}"):
            try:
                return self._entry(
                    await self._jetstream.messages.last(self._stream, f"{self._shards}{shard}")
                )
            except MessageNotFound:
                return None

    async def delete(self, sequence: int) -> None:
        """Free a shard, or remove a member, if its key still has this sequence number."""
        # If it was written again meanwhile, there is nothing to delete.
        with contextlib.suppress(ApiError):
            await self._jetstream.messages.delete(self._stream, sequence)

    def _entry(self, message: StoredMessage) -> LeaseEntry:
        """Whatever was written there holds the shard until it expires."""
        try:
            fields = json.loads(message.payload)
            member, epoch = str(fields["member"]), int(fields["epoch"])
        except (ValueError, KeyError, TypeError):
            fields, member, epoch = {}, UNREADABLE_MEMBER, 0
        if unknown := ", ".join(sorted(fields.keys() - {"member", "epoch"})):
            self._tell_newer(message.subject, unknown)
        # The first write of a term does not know its own sequence number.
        return LeaseEntry(member, epoch or message.sequence, message.sequence)

    def _tell_newer(self, key: str, fields: str) -> None:
        if not self._told_newer:
            log.warning(
                "a lease was written by a newer version of framemesh: it is left as it is",
                key=key,
                fields=fields,
            )
        self._told_newer = True

    def _config(self) -> StreamConfig:
        return StreamConfig(
            name=self._stream,
            subjects=(f"$KV.{self._bucket}.>",),
            # Not memory: a broker must still have all current leases after a restart.
            storage="file",
            max_messages_per_subject=1,
            max_bytes=self._max_bytes,
            # "old" would delete leases when the stream is full.
            discard="new",
            replicas=self._replicas,
            allow_message_ttl=True,
            allow_direct=True,
            # Epochs are sequence numbers and must rise even after the bucket was deleted, so they
            # start at the time in microseconds.
            first_sequence=self._clock.unix_nano() // 1000,
        )

    async def _last(self, prefix: str) -> dict[str, StoredMessage]:
        """The keys below `prefix`, without it, and their values."""
        with retryable("cannot read the leases"):
            found = await self._jetstream.messages.direct_last_of_each(self._stream, f"{prefix}*")
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
