"""Checkpoints in a key-value bucket of JetStream, one of each projection of a pipeline."""

import contextlib
from dataclasses import dataclass

from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.jetstream.api.errors import WriteInProgress, WrongLastSequence, retryable
from framemesh.runtime.jetstream.api.key_value import BucketMissing, KeyValueBucket, bucket_stream
from framemesh.runtime.jetstream.api.replicas import replicas_of
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable, NoResponders
from framemesh.runtime.messages.subjects import CHECKPOINTS_BUCKET, PIPELINES_BUCKET

BUCKET_BYTES = 64 * 1024 * 1024
"""Eight of the largest, or some 5,000 of pipelines with four cameras."""


class CheckpointTooLarge(FramemeshError):
    """A checkpoint does not fit into one message of the broker."""

    code = Code.EXHAUSTED


class CheckpointTaken(FramemeshError):
    """Somebody else replaced this checkpoint."""

    code = Code.CONFLICT


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """The value of a key."""

    payload: bytes
    """Empty if there is no checkpoint."""
    revision: int
    """What `save` must name to replace it."""


class CheckpointStore:
    """Reads and writes the bucket.

    Every method raises BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._bucket = KeyValueBucket(broker, CHECKPOINTS_BUCKET)

    async def create(self) -> None:
        """Make the bucket, unless it is there, with as many replicas as that of the pipelines."""
        replicas = await replicas_of(self._broker, bucket_stream(PIPELINES_BUCKET))
        await self._bucket.create(BUCKET_BYTES, max(1, replicas))

    async def load(self, key: str) -> StoredCheckpoint:
        """The value of that key, empty where it has none."""
        try:
            entry = await self._bucket.get(key)
        except BucketMissing:
            entry = None
        return StoredCheckpoint(entry.value, entry.revision) if entry else StoredCheckpoint(b"", 0)

    async def save(self, key: str, payload: bytes, revision: int) -> int:
        """Replace the value of that revision, and return the revision of the new one.

        Raises:
            CheckpointTooLarge: the broker takes no message of that size.
            CheckpointTaken: the value has another revision.
        """
        if len(payload) > self._broker.max_frame_bytes:
            raise CheckpointTooLarge(f"{len(payload)} bytes are over the broker's max_payload")
        with retryable(f"cannot write checkpoint {key}"):
            try:
                return await self._bucket.replace(key, payload, revision)
            except (WrongLastSequence, WriteInProgress) as error:
                raise CheckpointTaken(f"checkpoint {key} was replaced") from error
            except NoResponders as error:
                await self.create()
                raise BrokerUnavailable(f"bucket {CHECKPOINTS_BUCKET} was not there") from error

    async def remove(self, key: str, revision: int) -> None:
        """Remove the value, unless it is newer than that revision."""
        with contextlib.suppress(BucketMissing):
            await self._bucket.remove(key, revision)

    async def keys(self) -> list[str]:
        """Of all checkpoints: `<pipeline>.<projection>`."""
        return await self._bucket.keys()
