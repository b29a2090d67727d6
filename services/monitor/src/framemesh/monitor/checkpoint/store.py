"""Checkpoints in a key-value bucket of JetStream, one of each pipeline."""

import base64
from dataclasses import dataclass

import nats.errors
import nats.js.errors

from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.jetstream.api.buckets import (
    bucket_keys,
    bucket_stream,
    ensure_bucket,
    replicas_of,
)
from framemesh.runtime.jetstream.api.error_codes import (
    NO_MESSAGE,
    NO_SUCH_STREAM,
    NOT_THE_LAST,
    SUBJECT_IN_PROCESS,
    error_code,
)
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.connection.cancellation import preserve_cancellation
from framemesh.runtime.jetstream.publish.publisher import EXPECTED_LAST_ON_SUBJECT
from framemesh.runtime.messages.subjects import LEDGERS_BUCKET, PIPELINES_BUCKET

STREAM = bucket_stream(LEDGERS_BUCKET)
BUCKET_BYTES = 64 * 1024 * 1024
"""Eight of the largest, or some 5,000 of pipelines with four cameras."""

TAKEN = {NOT_THE_LAST, SUBJECT_IN_PROCESS}
"""Error codes: the value has another revision, or a change of it is under way."""


class CheckpointTooLarge(FramemeshError):
    """A checkpoint does not fit into one message of the broker."""

    code = Code.EXHAUSTED


class CheckpointTaken(FramemeshError):
    """Somebody else wrote a checkpoint of this pipeline since."""

    code = Code.CONFLICT


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """The value of a key."""

    payload: bytes
    """Empty when there is none."""
    revision: int
    """What `save` must name to replace it."""


class CheckpointStore:
    """Reads and writes the bucket.

    Every method raises BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def create(self) -> None:
        """Make the bucket, unless it is there, with as many replicas as that of the pipelines."""
        replicas = await replicas_of(self._broker, bucket_stream(PIPELINES_BUCKET))
        await ensure_bucket(self._broker, LEDGERS_BUCKET, BUCKET_BYTES, max(1, replicas))

    async def load(self, pipeline: str) -> StoredCheckpoint:
        """The value of that pipeline, empty where it has none."""
        answer = await self._broker.ask(
            f"$JS.API.STREAM.MSG.GET.{STREAM}", {"last_by_subj": _subject(pipeline)}
        )
        error = answer.get("error")
        if error is None:
            message = answer["message"]
            return StoredCheckpoint(base64.b64decode(message.get("data", "")), message["seq"])
        if error_code(answer) in {NO_SUCH_STREAM, NO_MESSAGE}:
            return StoredCheckpoint(b"", 0)
        raise BrokerUnavailable(f"cannot read checkpoint {pipeline}: {error.get('description')}")

    async def save(self, pipeline: str, payload: bytes, revision: int) -> int:
        """Replace the value of that revision, and return the revision of the new one.

        Raises:
            CheckpointTooLarge: the broker takes no message of that size.
            CheckpointTaken: the value has another revision.
        """
        if len(payload) > self._broker.max_frame_bytes:
            raise CheckpointTooLarge(f"{len(payload)} bytes are over the broker's max_payload")
        try:
            with preserve_cancellation():
                stored = await self._broker.jetstream.publish(
                    _subject(pipeline),
                    payload,
                    headers={EXPECTED_LAST_ON_SUBJECT: str(revision)},
                )
        except nats.js.errors.NoStreamResponseError as error:
            await self.create()
            raise BrokerUnavailable(f"bucket {LEDGERS_BUCKET} was not there") from error
        except nats.js.errors.APIError as error:
            if error.err_code in TAKEN:
                raise CheckpointTaken(f"checkpoint {pipeline} was replaced") from error
            raise BrokerUnavailable(f"cannot write checkpoint {pipeline}: {error}") from error
        except (nats.errors.Error, TimeoutError) as error:
            raise BrokerUnavailable(f"cannot write checkpoint {pipeline}: {error}") from error
        return stored.seq

    async def remove(self, pipeline: str, revision: int) -> None:
        """Remove the value, unless it is newer than that revision."""
        # As for pipelines: the purge of a bucket would leave a marker for ever.
        answer = await self._broker.request(
            f"$JS.API.STREAM.PURGE.{STREAM}",
            {"filter": _subject(pipeline), "seq": revision + 1},
        )
        error = answer.get("error")
        if error and error_code(answer) != NO_SUCH_STREAM:
            raise BrokerUnavailable(
                f"cannot remove checkpoint {pipeline}: {error.get('description')}"
            )

    async def pipelines(self) -> list[str]:
        """Of which there is a checkpoint."""
        return await bucket_keys(self._broker, LEDGERS_BUCKET)


def _subject(pipeline: str) -> str:
    return f"$KV.{LEDGERS_BUCKET}.{pipeline}"
