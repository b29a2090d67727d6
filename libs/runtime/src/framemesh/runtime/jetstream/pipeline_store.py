"""The pipelines that should run, in a key-value bucket of JetStream.

The master writes it; the other services read it, so that they work while the master is away.
"""

import json
from dataclasses import dataclass

import nats.errors
import nats.js.errors
from nats.js.api import KeyValueConfig
from nats.js.kv import KeyValue

from framemesh.core.document import dump, read
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.pipeline import PipelineSpec
from framemesh.runtime.jetstream.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.buckets import bucket_keys
from framemesh.runtime.jetstream.cancellation import kept_cancellation
from framemesh.runtime.jetstream.subjects import PIPELINES_BUCKET

BUCKET_BYTES = 16 * 1024 * 1024


class PipelineUnknown(FramemeshError):
    """There is no pipeline of that name."""

    code = Code.NOT_FOUND

    def __init__(self, name: str) -> None:
        super().__init__(f"no pipeline is named {name!r}: apply it first, or check the name")


@dataclass(frozen=True, slots=True)
class StoredPipeline:
    """A pipeline, and how often it was changed."""

    spec: PipelineSpec
    revision: int


class PipelineStore:
    """Reads and writes the bucket.

    Every method raises BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def create(self) -> None:
        """Make the bucket, unless it is there."""
        config = KeyValueConfig(PIPELINES_BUCKET, max_bytes=BUCKET_BYTES)
        try:
            with kept_cancellation():
                await self._broker.jetstream.create_key_value(config)
        except (nats.errors.Error, TimeoutError) as error:
            raise BrokerUnavailable(f"cannot make bucket {PIPELINES_BUCKET}: {error}") from error

    async def get(self, name: str) -> StoredPipeline:
        """
        Raises:
            PipelineUnknown: there is none of that name.
        """
        try:
            with kept_cancellation():
                entry = await (await self._bucket()).get(name)
        except nats.js.errors.KeyNotFoundError as error:
            raise PipelineUnknown(name) from error
        except (nats.errors.Error, TimeoutError) as error:
            raise BrokerUnavailable(f"cannot read pipeline {name}: {error}") from error
        spec = read(json.loads(entry.value or b"null"), PipelineSpec, f"stored pipeline {name}")
        return StoredPipeline(spec, entry.revision or 0)

    async def names(self) -> list[str]:
        """Of all pipelines, sorted."""
        return await bucket_keys(self._broker, PIPELINES_BUCKET)

    async def put(self, spec: PipelineSpec) -> StoredPipeline:
        """Write `spec`; its revision is higher than all before."""
        value = json.dumps(dump(spec)).encode()
        try:
            with kept_cancellation():
                revision = await (await self._bucket()).put(spec.name, value)
        except (nats.errors.Error, TimeoutError) as error:
            raise BrokerUnavailable(f"cannot write pipeline {spec.name}: {error}") from error
        return StoredPipeline(spec, revision)

    async def delete(self, name: str) -> None:
        # Not the purge of a bucket, which leaves a marker for ever.
        answer = await self._broker.request(
            f"$JS.API.STREAM.PURGE.KV_{PIPELINES_BUCKET}",
            {"filter": f"$KV.{PIPELINES_BUCKET}.{name}"},
        )
        if error := answer.get("error"):
            raise BrokerUnavailable(f"cannot delete pipeline {name}: {error.get('description')}")

    async def _bucket(self) -> KeyValue:
        try:
            return await self._broker.jetstream.key_value(PIPELINES_BUCKET)
        except nats.js.errors.BucketNotFoundError as error:
            raise BrokerUnavailable("the master has not set up its storage yet") from error
