"""Key-value buckets: a stream whose newest message of a key is its value, as `nats kv` shows it."""

import contextlib
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from framemesh.runtime.jetstream.api.errors import (
    ApiError,
    MessageNotFound,
    StreamNameInUse,
    StreamNotFound,
    retryable,
)
from framemesh.runtime.jetstream.api.headers import (
    DELETED,
    EXPECTED_LAST_ON_SUBJECT,
    KEY_VALUE_OPERATION,
    MESSAGE_TTL,
)
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.streams import StreamConfig
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.logs import get_logger

log = get_logger()

DUPLICATE_WINDOW_SECONDS = 120
"""As the clients of NATS make buckets."""


REPLACED = 8
"""Messages of one key where removals last: the newest is its value, and earlier ones are there only
as long as the broker was away when they were to be removed."""


class BucketMissing(BrokerUnavailable):
    """The bucket is not there yet."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The value of a key."""

    value: bytes
    revision: int
    """The sequence number of its message: of two values, the newer one has the higher number."""


class KeyValueBucket:
    """One bucket.

    Every method raises BrokerUnavailable when the broker does not answer in time. Those that read
    or remove raise BucketMissing where there is no bucket, those that write NoResponders.
    """

    def __init__(self, broker: Broker, name: str, *, lasting_removals: bool = False) -> None:
        """
        Args:
            lasting_removals: for one more request a write, what was removed stays so when the
                broker is killed, however much later. What a stream drops by its own limits is not
                on disk as dropped: a server that is killed finds it there when it starts, and
                takes it for the newest value where that was removed or ran out.
        """
        self._lasting = lasting_removals
        self._jetstream = JetStream(broker)
        self.name = name
        self.stream = bucket_stream(name)
        self._prefix = key_subject(name, "")

    async def create(self, max_bytes: int, replicas: int = 1) -> None:
        """Make the bucket; one that is there keeps its bytes and replicas."""
        try:
            config = (await self._jetstream.streams.info(self.stream)).config
        except StreamNotFound:
            await self._create(max_bytes, replicas)
        else:
            if self._lasting and config.max_messages_per_subject != REPLACED:
                changed = dataclasses.replace(config, max_messages_per_subject=REPLACED)
                with retryable(f"cannot change bucket {self.name}"):
                    await self._jetstream.streams.update(changed)

    async def _create(self, max_bytes: int, replicas: int) -> None:
        config = StreamConfig(
            name=self.stream,
            subjects=(f"{self._prefix}>",),
            max_messages_per_subject=REPLACED if self._lasting else 1,
            max_bytes=max_bytes,
            discard="new",
            replicas=replicas,
            duplicate_window_seconds=DUPLICATE_WINDOW_SECONDS,
            allow_message_ttl=True,
            allow_rollup_headers=True,
            deny_delete=True,
        )
        with retryable(f"cannot make bucket {self.name}"), contextlib.suppress(StreamNameInUse):
            await self._jetstream.streams.create(config)

    async def keys(self, prefix: str = "") -> list[str]:
        """All keys, or those that begin with `prefix` (whole tokens, as "street."), sorted; one
        that was deleted with a marker counts as a key."""
        try:
            info = await self._jetstream.streams.info(self.stream, f"{self._prefix}{prefix}>")
        except StreamNotFound as error:
            raise self._missing() from error
        return sorted(subject.removeprefix(self._prefix) for subject in info.state.subjects)

    async def get(self, key: str) -> Entry | None:
        """The value of a key; None where it has none."""
        try:
            message = await self._jetstream.messages.last(self.stream, self._prefix + key)
        except MessageNotFound:
            return None
        except StreamNotFound as error:
            raise self._missing() from error
        if KEY_VALUE_OPERATION in message.headers:
            return None
        return Entry(message.payload, message.sequence)

    async def revision(self, key: str) -> int:
        """Of the newest value or marker of a key; 0: there is none."""
        try:
            return (await self._jetstream.messages.last(self.stream, self._prefix + key)).sequence
        except MessageNotFound:
            return 0
        except StreamNotFound as error:
            raise self._missing() from error

    async def put(self, key: str, value: bytes) -> int:
        """Write a value, whatever is there; returns its revision."""
        return await self._store(key, value, {})

    async def put_for(self, key: str, value: bytes, seconds: int) -> int:
        """Write a value that is gone after so many whole seconds; returns its revision."""
        return await self._store(key, value, {MESSAGE_TTL: str(seconds)})

    async def replace(self, key: str, value: bytes, revision: int) -> int:
        """Write a value in place of that of `revision`, 0 for none; returns the new revision.

        Raises:
            WrongLastSequence: the key has another revision.
            WriteInProgress: somebody else is about to write it.
        """
        return await self._store(key, value, {EXPECTED_LAST_ON_SUBJECT: str(revision)})

    async def delete(self, key: str, marker_seconds: int, revision: int = 0) -> None:
        """Put a marker in place of a value, so that whoever reads the stream learns of it; the
        marker is gone after so many whole seconds.

        Args:
            revision: of the value; 0: whatever it is.

        Raises:
            WrongLastSequence: the key has another revision.
        """
        marker = {KEY_VALUE_OPERATION: DELETED, MESSAGE_TTL: str(marker_seconds)}
        if revision:
            marker[EXPECTED_LAST_ON_SUBJECT] = str(revision)
        await self._store(key, b"", marker)

    async def remove(self, key: str, up_to_revision: int = 0) -> None:
        """Remove a key without a marker, unless its revision is above `up_to_revision` (0: whatever
        it is).
        """
        before = up_to_revision + 1 if up_to_revision else 0
        try:
            await self._jetstream.streams.purge(self.stream, self._prefix + key, before)
        except StreamNotFound as error:
            raise self._missing() from error

    async def _store(self, key: str, value: bytes, headers: Mapping[str, str]) -> int:
        revision = await self._jetstream.messages.store(self._prefix + key, value, headers)
        if self._lasting:
            try:
                await self._jetstream.streams.purge(self.stream, self._prefix + key, keep=1)
            except (BrokerUnavailable, ApiError) as error:
                # It is written, and the next write of the key removes what this one replaced.
                log.info("a replaced value stays for now", bucket=self.name, why=str(error))
        return revision

    def _missing(self) -> BucketMissing:
        return BucketMissing(
            f"bucket {self.name} is not there yet: master or monitor makes it when it starts"
        )


def bucket_stream(bucket: str) -> str:
    """The stream under a bucket."""
    return f"KV_{bucket}"


def key_subject(bucket: str, key: str) -> str:
    """The subject of a key."""
    return f"$KV.{bucket}.{key}"
