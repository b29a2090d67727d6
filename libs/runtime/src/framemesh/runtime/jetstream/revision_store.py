"""The specifications that pipelines had, in a key-value bucket of JetStream.

The entry of a pipeline has its newest one. The master keeps it here before it is replaced, so that
a worker of an earlier revision starts with the specification of its own, and an earlier one can
come back.
"""

import json
from dataclasses import dataclass, replace
from typing import Self

from pydantic import ConfigDict

from framemesh.core.documents.document import dump, read_known
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.api.errors import retryable
from framemesh.runtime.jetstream.api.key_value import BucketMissing, KeyValueBucket
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.messages.subjects import REVISIONS_BUCKET

BUCKET_BYTES = 8 * 1024 * 1024
"""Some 500 pipelines with ten revisions of 1 to 2 KB."""


@dataclass(frozen=True, slots=True)
class StoredRevision:
    """What a pipeline was at one revision."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    spec: PipelineSpec
    revision: int
    applied_unix_nano: int = 0
    """When it was; 0: that is not known."""
    problem: str = ""
    """Why it was given up, in one line; empty if it was not."""

    @classmethod
    def of(cls, stored: StoredPipeline) -> Self:
        """What a pipeline is now."""
        return cls(stored.spec, stored.revision, stored.applied_unix_nano)


class RevisionStore:
    """Reads and writes the bucket.

    Every method raises BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(self, broker: Broker) -> None:
        self._bucket = KeyValueBucket(broker, REVISIONS_BUCKET, lasting_removals=True)

    async def create(self) -> None:
        """Make the bucket, unless it is there."""
        await self._bucket.create(BUCKET_BYTES)

    async def get(self, pipeline: str, revision: int) -> StoredRevision | None:
        """A revision that is kept; None where it is not.

        Raises:
            NewerDocument: a newer master wrote what is there.
            InvalidDocument: no master did.
        """
        key = _key(pipeline, revision)
        try:
            entry = await self._bucket.get(key)
        except BucketMissing:
            # An earlier version of the master made none.
            return None
        if entry is None:
            return None
        kept, _ = read_known(entry.value, StoredRevision, f"stored revision {key}")
        return kept

    async def at(self, newest: StoredPipeline, revision: int) -> StoredPipeline | None:
        """The pipeline as workers of a revision have it; of one that is not kept, and of 0, as it
        is now. None: nothing that was ever written of that revision is known yet, as where a
        replica answered that has not heard of it.

        Raises:
            NewerDocument, InvalidDocument: as `get`.
        """
        if revision in {0, newest.revision}:
            return newest
        # Also of a higher number: after a roll-back the current revision is an earlier one.
        if kept := await self.get(newest.spec.name, revision):
            return replace(newest, spec=kept.spec, revision=kept.revision)
        return newest if newest.revision > revision else None

    async def numbers(self, pipeline: str) -> list[int]:
        """Of the revisions of a pipeline that are kept, the newest first."""
        keys = await self._bucket.keys(f"{pipeline}.")
        return sorted((int(key.rpartition(".")[2]) for key in keys), reverse=True)

    async def put(self, kept: StoredRevision) -> None:
        """Keep a revision, in place of what is kept of it."""
        name = kept.spec.name
        with retryable(f"cannot keep revision {kept.revision} of pipeline {name}"):
            value = json.dumps(dump(kept)).encode()
            await self._bucket.put(_key(name, kept.revision), value)

    async def remove(self, pipeline: str, revision: int) -> None:
        """Forget a revision; one that is already gone is fine."""
        with retryable(f"cannot forget revision {revision} of pipeline {pipeline}"):
            await self._bucket.remove(_key(pipeline, revision))


def _key(pipeline: str, revision: int) -> str:
    return f"{pipeline}.{revision}"
