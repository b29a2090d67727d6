"""The bucket of leases: a key with a time to live for each worker, and one for each shard in hand.

A stream that looks like a key-value bucket, so that `nats kv` shows it. It has no markers for what
was deleted or expired: with one in its place, a key would not be free.
"""

import asyncio
import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import nats.errors

from framemesh.core.clock import Clock
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.leases.lease_member import TTL_SECONDS, BucketSnapshot, LeaseEntry, LeaseTerm
from framemesh.runtime.jetstream.api.buckets import bucket_stream
from framemesh.runtime.jetstream.api.error_codes import (
    NO_MESSAGE,
    NO_SUCH_STREAM,
    NOT_THE_LAST,
    STREAM_EXISTS,
    error_code,
)
from framemesh.runtime.jetstream.api.last_messages import last_messages
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.connection.cancellation import preserve_cancellation
from framemesh.runtime.jetstream.publish.publisher import EXPECTED_LAST_ON_SUBJECT

BUCKET = "framemesh-leases"
STREAM = bucket_stream(BUCKET)

MAX_BYTES = 16 * 1024 * 1024
"""Some 80,000 keys."""

ANSWER_TIMEOUT_SECONDS = 0.6
"""How long an answer may take: a lease has time for two that do not come, and a third."""

TTL = "Nats-TTL"
SEQUENCE = "Nats-Sequence"
SUBJECT = "Nats-Subject"


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
        self._broker = broker
        self._replicas = replicas
        self._clock = clock
        self._members = f"$KV.{BUCKET}.{pipeline}.{generation}.members."
        self._shards = f"$KV.{BUCKET}.{pipeline}.{generation}.shards."

    async def ensure(self) -> None:
        """Make the bucket if it is not there, with as many replicas as the buffer at least."""
        answer = await self._call(f"STREAM.INFO.{STREAM}")
        if error_code(answer) == NO_SUCH_STREAM:
            answer = await self._call(f"STREAM.CREATE.{STREAM}", self._config())
            if error_code(answer) == STREAM_EXISTS:
                return
        elif "config" in answer and answer["config"]["num_replicas"] < self._replicas:
            more = answer["config"] | {"num_replicas": self._replicas}
            answer = await self._call(f"STREAM.UPDATE.{STREAM}", more)
        _check(answer)

    async def look(self) -> BucketSnapshot:
        """All keys of the generation. Any replica answers, so they may be a little behind."""
        members = await self._last(self._members)
        shards = await self._last(self._shards)
        return BucketSnapshot(
            frozenset(members),
            {int(shard): _entry(value, sequence) for shard, (value, sequence) in shards.items()},
        )

    async def announce(self, member: str) -> None:
        """Say that `member` is there, for TTL_SECONDS."""
        await self._write(f"{self._members}{member}", b"", {})

    async def withdraw(self, member: str) -> None:
        """Say that `member` leaves."""
        key = {"filter": f"{self._members}{member}"}
        _check(await self._call(f"STREAM.PURGE.{STREAM}", key))

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
        key = {"last_by_subj": f"{self._shards}{shard}"}
        answer = await self._call(f"STREAM.MSG.GET.{STREAM}", key)
        if error_code(answer) == NO_MESSAGE:
            return None
        _check(answer)
        message = answer["message"]
        return _entry(b64decode(message["data"]), message["seq"])

    async def delete(self, sequence: int) -> None:
        """Make a shard free at once, if its entry still has this sequence."""
        # Should somebody else have the shard by now, this finds nothing to delete.
        await self._call(f"STREAM.MSG.DELETE.{STREAM}", {"seq": sequence, "no_erase": True})

    def _config(self) -> dict[str, Any]:
        return {
            "name": STREAM,
            "subjects": [f"$KV.{BUCKET}.>"],
            # Not memory: who starts a broker again must find all leases that somebody holds.
            "storage": "file",
            "max_msgs_per_subject": 1,
            "max_bytes": MAX_BYTES,
            # The other would make room by taking a lease from its holder.
            "discard": "new",
            "num_replicas": self._replicas,
            "allow_msg_ttl": True,
            "allow_direct": True,
            # Epochs are sequences: in microseconds, they go on where those of a bucket ended that
            # somebody deleted.
            "first_seq": self._clock.unix_nano() // 1000,
        }

    async def _last(self, prefix: str) -> dict[str, tuple[bytes, int]]:
        """The values and sequences of the keys below `prefix`."""
        found = await last_messages(self._broker, STREAM, f"{prefix}*", ANSWER_TIMEOUT_SECONDS)
        return {
            message.headers[SUBJECT].removeprefix(prefix): (
                message.data,
                int(message.headers[SEQUENCE]),
            )
            for message in found
            if message.headers
        }

    async def _write_shard(self, shard: int, member: str, *, epoch: int, expected: int) -> int:
        value = json.dumps({"member": member, "epoch": epoch}).encode()
        expectation = {EXPECTED_LAST_ON_SUBJECT: str(expected)}
        return await self._write(f"{self._shards}{shard}", value, expectation)

    async def _write(self, key: str, value: bytes, expectation: Mapping[str, str]) -> int:
        answer = await self._ask(key, value, {TTL: str(TTL_SECONDS), **expectation})
        if error_code(answer) == NOT_THE_LAST:
            raise LeaseConflict(f"{key}: {answer['error'].get('description')}")
        _check(answer)
        return int(answer["seq"])

    async def _call(self, operation: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return await self._ask(f"$JS.API.{operation}", json.dumps(body or {}).encode(), None)

    async def _ask(
        self, subject: str, payload: bytes, headers: dict[str, str] | None
    ) -> dict[str, Any]:
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
                # What is sent while there is no connection would come late.
                await self._broker.connected.wait()
                with preserve_cancellation():
                    reply = await self._broker.client.request(
                        subject, payload, ANSWER_TIMEOUT_SECONDS, headers=headers
                    )
        except (nats.errors.Error, TimeoutError) as error:
            raise BrokerUnavailable(f"no answer from {self._broker.url} to {subject}") from error
        answer: dict[str, Any] = json.loads(reply.data)
        return answer


def _entry(value: bytes, sequence: int) -> LeaseEntry:
    fields = json.loads(value)
    # The first write of a term cannot know its own sequence.
    return LeaseEntry(fields["member"], fields["epoch"] or sequence, sequence)


def _check(answer: Mapping[str, Any]) -> None:
    if error := answer.get("error"):
        raise BrokerUnavailable(f"{STREAM}: {error.get('description')}")
